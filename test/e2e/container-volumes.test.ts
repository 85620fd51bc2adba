// Volumes of containers on the LXC of this machine: btrfs on a loop device, images with ext4 and xfs, snapshots, clones, moves and growth, with what was written
// compared by its checksum. Over SSH it is left out, since its files are looked at here.
import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {btrfsFileSystem, whyNoBtrfs} from '../support/btrfs-file-system.ts'
import type {BtrfsFileSystem} from '../support/btrfs-file-system.ts'
import {writeTemplate} from '../support/container-template.ts'
import {Installation} from './support/installation.ts'
import {overSsh} from './support/over-ssh.ts'

const installation = new Installation([], '/tmp/cv-')
const isMapped = existsSync('/etc/subuid') && /^root:100000:65536$/m.test(readFileSync('/etc/subuid', 'utf8')) && /^root:100000:65536$/m.test(readFileSync('/etc/subgid', 'utf8'))
const why = overSsh() ? 'the files of the containers are on another host' : isMapped ? whyNoBtrfs() : 'root has no range 100000:65536 in /etc/subuid and /etc/subgid'
if (why !== undefined) console.log(`volumes of containers: skipped, because ${why}`)
/** What the kernel asks for to let ext4 grow while it is mounted (capabilities(7)): number 24. */
const mayGrowMounted = why === undefined && (BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`) >> 24n & 1n) === 1n

let butter: BtrfsFileSystem
const pct = (...words: string[]) => installation.call('pct', words)

async function must(...words: string[]): Promise<string> {
  const answer = await pct(...words)
  if (answer.code !== 0) throw new Error(`pct ${words.join(' ')} ended with ${answer.code}: ${answer.stderr}`)
  return answer.stdout
}

const inside = (vmid: string, script: string) => must('exec', vmid, '--', 'sh', '-c', script)
const sumOf = async (vmid: string, path: string) => (await inside(vmid, `sha256sum ${path}`)).split(' ')[0]
const kibOf = async (vmid: string, path: string) => Number((await inside(vmid, `df -k ${path}`)).trim().split('\n').at(-1)?.split(/\s+/)[1])

describe.skipIf(why !== undefined)('volumes of containers', () => {
  beforeAll(async () => {
    butter = btrfsFileSystem(1024)
    const path = join(butter.mountPoint, 'storage')
    mkdirSync(path)
    writeTemplate(join(installation.root, 'lib/vz/template/cache/small.tar.gz'))
    const added = await installation.call('pvesm', ['add', 'btrfs', 'butter', '--path', path, '--content', 'rootdir'])
    expect(added.stderr).toBe('')
  })

  afterAll(async () => {
    for (const vmid of ['501', '502', '503', '504']) await pct('stop', vmid)
    await installation.close()
    butter.close()
  })

  let rootSum: string | undefined
  let dataSum: string | undefined

  it('a running container on a subvolume and an image is taken as of one moment', async () => {
    await must('create', '501', 'local:vztmpl/small.tar.gz', '--rootfs', 'butter:0', '--mp0', 'butter:0.06,mp=/srv', '--hostname', 'one', '--net0', 'name=eth0,ip=manual')
    await must('start', '501')
    await inside('501', 'dd if=/dev/urandom of=/root/data bs=1024 count=2048 2>/dev/null; dd if=/dev/urandom of=/srv/data bs=1024 count=2048 2>/dev/null')
    ;[rootSum, dataSum] = [await sumOf('501', '/root/data'), await sumOf('501', '/srv/data')]
    await must('snapshot', '501', 'before', '--description', 'as it was')
    expect(await must('listsnapshot', '501')).toMatch(/^`-> before +\S+ \S+ +as it was\n  `-> current /)
    expect(await inside('501', 'echo goes on')).toBe('goes on\n')
    await inside('501', 'echo lost >/root/data; echo lost >/srv/data; echo more >/root/more')
  })

  it('is cloned while it runs, and as of the snapshot', async () => {
    await must('clone', '501', '502', '--hostname', 'two')
    await must('clone', '501', '503', '--snapname', 'before', '--hostname', 'three')
    expect(readdirSync(join(butter.mountPoint, 'storage/images/501')).sort()).toEqual(['subvol-501-disk-0.subvol', 'subvol-501-disk-0.subvol@before', 'vm-501-disk-1', 'vm-501-disk-1@before'])
    const address = async (vmid: string) => /hwaddr=([^,]+)/.exec(await must('config', vmid))?.[1]
    expect(new Set([await address('501'), await address('502'), await address('503')]).size).toBe(3)
    await must('start', '502')
    expect(await inside('502', 'cat /root/data /srv/data /root/more; hostname')).toBe('lost\nlost\nmore\ntwo\n')
    await must('stop', '502')
    await must('start', '503')
    expect([await sumOf('503', '/root/data'), await sumOf('503', '/srv/data')]).toEqual([rootSum, dataSum])
    expect(await inside('503', 'stat -c %u /root/data; ls /root')).toBe('0\ndata\n')
    await must('stop', '503')
  })

  it('goes back to the snapshot, which is then removed', async () => {
    await must('rollback', '501', 'before')
    expect(await must('status', '501')).toBe('status: stopped\n')
    await must('start', '501')
    expect([await sumOf('501', '/root/data'), await sumOf('501', '/srv/data')]).toEqual([rootSum, dataSum])
    await must('stop', '501')
    await must('delsnapshot', '501', 'before')
    expect(await must('listsnapshot', '501')).toMatch(/^`-> current /)
  })

  it('moves: an image as it is, a folder file by file, and to another container', async () => {
    await must('move-volume', '501', 'mp0', 'local', '--delete')
    await must('move-volume', '501', 'rootfs', 'local')
    expect(await must('config', '501')).toMatch(/^unused0: butter:501\/subvol-501-disk-0\.subvol$/m)
    await must('set', '501', '--delete', 'unused0')
    await must('start', '501')
    expect([await sumOf('501', '/root/data'), await sumOf('501', '/srv/data')]).toEqual([rootSum, dataSum])
    expect((await pct('move-volume', '501', 'mp0', 'butter')).stderr).toContain('container 501 runs and has mp0 mounted')
    await must('stop', '501')
    await must('move-volume', '501', 'mp0', '--target-vmid', '502', '--target-volume', 'mp1').catch((error: unknown) => { expect(String(error)).toContain('mounted at the same path') })
    await must('set', '502', '--delete', 'mp0')
    await must('move-volume', '501', 'mp0', '--target-vmid', '502', '--target-volume', 'mp1')
    await must('start', '502')
    expect(await sumOf('502', '/srv/data')).toBe(dataSum)
  })

  it('grows: ext4 while it is off, and while it runs where the kernel lets us', async () => {
    const before = await kibOf('502', '/srv')
    const answer = await pct('resize', '502', 'mp1', '+32M')
    if (mayGrowMounted) expect(answer.code).toBe(0)
    else expect(answer.stderr).toContain('Let it grow while the container is off: pct shutdown 502; pct resize 502 mp1 +0')
    await must('stop', '502')
    if (!mayGrowMounted) await must('resize', '502', 'mp1', '+0')
    await must('resize', '502', 'mp1', '+32M')
    await must('start', '502')
    expect(await kibOf('502', '/srv') - before).toBeGreaterThan(50 * 1024)
    expect(await sumOf('502', '/srv/data')).toBe(dataSum)
    await must('stop', '502')
    expect((await pct('resize', '501', 'rootfs', '+1G')).stderr).toContain('is a folder without a limit')
  })

  it('becomes a template, of which clones share what they have in common', async () => {
    await must('template', '503')
    expect(await must('config', '503')).toMatch(/^rootfs: butter:503\/basevol-503-disk-0\.subvol,size=0T$/m)
    expect((await pct('start', '503')).code).toBe(6)
    await must('clone', '503', '504', '--hostname', 'four')
    await must('start', '504')
    expect([await sumOf('504', '/root/data'), await sumOf('504', '/srv/data')]).toEqual([rootSum, dataSum])
    await inside('504', 'echo own >/root/data')
    await must('stop', '504')
  })

  it('leaves nothing behind', async () => {
    for (const vmid of ['501', '502', '503', '504']) await must('destroy', vmid)
    expect(readdirSync(join(butter.mountPoint, 'storage/images'))).toEqual([])
    expect(readdirSync(join(installation.root, 'lib/vz/images'))).toEqual([])
    expect(execFileSync('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'], {encoding: 'utf8'})).not.toMatch(new RegExp(`${installation.root}|${butter.mountPoint}`))
  })
})
