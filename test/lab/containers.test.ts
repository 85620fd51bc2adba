// Containers on a lab host with systemd, control groups of version 2 with controllers and its own kernel: made, filled, snapshotted, brought back, cloned, backed up, restored,
// grown and moved on ZFS, LVM-thin and RBD; and Debian with systemd in them. Commands come from outside, as a person types them: the agent on the host does the work,
// since mount spaces are made where it runs.
import {readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, inject, it} from 'vitest'
import {placesFromEnvironment} from '../../src/lib/base/index.ts'
import {attachArgv} from '../../src/lib/guest/lxc/runtime/attach.ts'
import type {Host} from '../../src/lib/host/index.ts'
import {connectSsh} from '../../src/lib/host/ssh/index.ts'
import type {CephCluster} from '../support/ceph-cluster.ts'
import {pool, startCeph} from '../support/ceph-cluster.ts'
import {writeTemplate} from '../support/container-template.ts'
import {debianTemplate} from '../support/debian-container.ts'
import type {AgentDesk} from './support/agent-desk.ts'
import {openAgentDesk} from './support/agent-desk.ts'
import {forwardPorts} from './support/forward-ceph.ts'
import {sshOptions} from './support/lab.ts'
import {sharedHost, spareDisk} from './support/shared-host.ts'

const storages = ['tank', 'thin', 'ceph'] as const
const folder = '/srv/lab-containers'
const closers: (() => Promise<unknown>)[] = []
const host: Host = await sharedHost()
let agent: AgentDesk
let cluster: CephCluster

const outside = (...words: string[]): Promise<string> => agent.typed(words)
const pct = (...words: string[]): Promise<string> => outside('pct', ...words)
/** As `pct exec` does it, which takes its time: it starts Node on the lab host. */
const inside = async (vmid: string, script: string): Promise<string> => (await host.run(attachArgv(placesFromEnvironment({}), Number(vmid), false, ['sh', '-c', script]))).stdout
/** With `--start 1` a command's own task does not wait for that of the start. */
const isUp = (vmid: string): Promise<void> => expect.poll(() => inside(vmid, 'exit 0').then(() => 'up', () => 'down'), {timeout: 15 * 60_000, interval: 500}).toBe('up')
const sumOf = async (vmid: string, path: string): Promise<string> => (await inside(vmid, `sha256sum <${path}`)).trim()

beforeAll(async () => {
  await host.files.makeDirectory(folder)
  closers.push(() => host.files.removeTree(folder))
  for (const path of ['/etc/subuid', '/etc/subgid']) await host.run(['sh', '-c', 'grep -qx root:100000:65536 "$1" || echo root:100000:65536 >>"$1"', 'sh', path])
  const [thin, zfs] = await Promise.all([spareDisk(host, 9), spareDisk(host, 10)])
  await host.run(['vgcreate', '-q', '--yes', '--', 'labct', thin])
  closers.push(async () => {
    await host.run(['vgremove', '-q', '--yes', '--force', '--', 'labct'])
    await host.run(['pvremove', '-q', '--', thin])
  })
  await host.run(['lvcreate', '-q', '--type', 'thin-pool', '-L', '1600m', '-n', 'pool', '--', 'labct'])
  await host.run(['modprobe', 'zfs'], {timeoutMs: 300_000})
  await host.run(['zpool', 'create', '-f', 'labct', zfs])
  closers.push(async () => {
    await host.run(['zpool', 'destroy', '-f', 'labct'])
    await host.run(['wipefs', '-q', '-a', '--', zfs])
  })
  cluster = await startCeph()
  closers.push(() => cluster.close())
  closers.push(await forwardPorts(host, await cluster.ports()))
  const {home, name} = inject('lab')
  agent = await openAgentDesk()
  closers.push(() => agent.close())
  const template = writeTemplate(join(agent.desk.root, 'small.tar.gz'))
  const connection = await connectSsh({host: name}, sshOptions(home))
  try {
    await connection.upload(await readFile(template), `${folder}/small.tar.gz`, 0o644)
    await connection.upload(await readFile(await debianTemplate()), `${folder}/debian.tar.zst`, 0o644)
  } finally {
    connection.close()
  }
  await rm(template)
  const keyring = join(agent.desk.root, 'keyring')
  await writeFile(keyring, cluster.keyring, {mode: 0o600})
  const add = async (type: string, storage: (typeof storages)[number], ...options: string[]) => {
    await outside('pvesm', 'add', type, storage, ...options, '--content', 'rootdir')
    closers.push(() => outside('pvesm', 'remove', storage))
  }
  await add('zfspool', 'tank', '--pool', 'labct', '--sparse', '1')
  await add('lvmthin', 'thin', '--vgname', 'labct', '--thinpool', 'pool')
  await add('rbd', 'ceph', '--monhost', cluster.kernelMonitors, '--pool', pool, '--krbd', '1', '--keyring', keyring)
})

afterAll(async () => { for (const close of closers.splice(0).reverse()) await close() })

describe.each(storages.map((storage, index) => [storage, String(600 + index * 10)] as const))('a container on %s', (storage, vmid) => {
  const [clone, restored] = [String(Number(vmid) + 1), String(Number(vmid) + 2)]
  const next = storages[(storages.indexOf(storage) + 1) % storages.length] ?? 'thin'
  let sums: string[] = []
  const sumsOf = (of: string) => Promise.all(['/root/data', '/srv/data/data'].map((path) => sumOf(of, path)))

  it('is made, unprivileged, and runs with its limits', async () => {
    await pct('create', vmid, `${folder}/small.tar.gz`, '--rootfs', `${storage}:0.1`, '--mp0', `${storage}:0.06,mp=/srv/data,backup=1`, '--memory', '64', '--swap', '0', '--cores', '1', '--hostname', storage, '--start', '1')
    await isUp(vmid)
    expect(await agent.typed(['pct', 'exec'], [vmid, '--', 'sh', '-c', 'hostname; cat /run/up; id -u'])).toBe(`${storage}\nstarted\n0\n`)
    // Control groups of version 2, whose controllers the development machine lacks.
    expect(JSON.parse(await pct('list', '--output-format', 'json'))).toEqual(expect.arrayContaining([expect.objectContaining({vmid: Number(vmid), status: 'running', maxmem: 64 * 1024 ** 2})]))
  })

  it('comes back as it was at its snapshot, that was taken while it wrote', async () => {
    await inside(vmid, 'dd if=/dev/urandom of=/root/data bs=1024 count=512 2>/dev/null; dd if=/dev/urandom of=/srv/data/data bs=1024 count=512 2>/dev/null; sync')
    sums = await sumsOf(vmid)
    await inside(vmid, 'while :; do echo more >>/srv/data/log; sleep 0.1; done >/dev/null 2>&1 &')
    await pct('snapshot', vmid, 'before')
    await inside(vmid, 'echo lost >/root/data; echo lost >/srv/data/data')
    // From RBD a copy takes the same way.
    if (storage !== 'ceph') await pct('clone', vmid, clone, '--snapname', 'before', '--hostname', 'clone', '--full', '1')
    await pct('rollback', vmid, 'before', '--start', '1')
    await isUp(vmid)
    expect(await sumsOf(vmid)).toEqual(sums)
    await pct('delsnapshot', vmid, 'before')
  })

  it('is backed up while it runs and writes, and comes back from that on the next storage', async () => {
    await inside(vmid, 'dd if=/dev/urandom of=/srv/data/late bs=1024 count=64 2>/dev/null')
    await inside(vmid, 'while :; do echo more >>/srv/data/log; sleep 0.1; done >/dev/null 2>&1 &')
    const late = await sumOf(vmid, '/srv/data/late')
    const archives = `${folder}/${storage}`
    await host.files.makeDirectory(archives)
    await outside('vzdump', vmid, '--mode', 'snapshot', '--compress', 'zstd', '--dumpdir', archives)
    const [archive = ''] = (await host.files.list(archives)).filter((name) => name.endsWith('.tar.zst'))
    expect(await host.files.readText(`${archives}/${archive.replace('.tar.zst', '.log')}`)).toContain(`took snapshot 'vzdump' of '${storage}:`)
    await pct('restore', restored, `${archives}/${archive}`, '--storage', next, '--hostname', 'restored', '--start', '1')
    await isUp(restored)
    expect([...await sumsOf(restored), await sumOf(restored, '/srv/data/late')]).toEqual([...sums, late])
    await pct('destroy', restored, '--force', '1')
    expect(await outside('pvesm', 'list', storage)).not.toContain('vzdump')
  })

  if (storage !== 'ceph') {
    it('grows while it runs', async () => {
      const sizeKib = async () => Number((await inside(vmid, 'df -k /srv/data')).trim().split('\n').at(-1)?.split(/\s+/)[1])
      const before = await sizeKib()
      await pct('resize', vmid, 'mp0', '+32M')
      expect(await sizeKib() - before).toBeGreaterThan(24 * 1024)
    })

    it('has a clone that is another one, and moves to the next storage', async () => {
      await pct('move-volume', clone, 'rootfs', next, '--delete', '1')
      await pct('start', clone)
      expect(await inside(clone, 'hostname')).toBe('clone\n')
      expect(await sumsOf(clone)).toEqual(sums)
      await pct('destroy', clone, '--force', '1')
    })
  }

  it('is gone without a trace', async () => {
    await pct('destroy', vmid, '--force', '1')
    expect(await outside('pvesm', 'list', storage)).not.toMatch(new RegExp(`-(?:${vmid}|${clone})-`))
    expect((await host.run(['cat', '/proc/self/mounts'])).stdout).not.toMatch(new RegExp(`[-/](?:${vmid}|${clone})[-/]`))
  })
})

describe.each([['thin', '650', '0'], ['tank', '651', '1']] as const)('Debian on %s', (storage, vmid, unprivileged) => {
  it(`is brought up by systemd (unprivileged: ${unprivileged}) with no unit that failed, and within its limits`, async () => {
    await pct('create', vmid, `${folder}/debian.tar.zst`, '--rootfs', `${storage}:0.6`, '--hostname', `debian-${storage}`, '--memory', '160', '--swap', '0', '--cores', '1', '--unprivileged', unprivileged, '--features', 'nesting=1', '--start', '1')
    await isUp(vmid)
    // While it is being brought up there is nobody to ask, and then it says `starting`.
    await expect.poll(() => inside(vmid, 'systemctl is-system-running; true').catch(() => ''), {timeout: 15 * 60_000, interval: 500}).toMatch(/^(?:running|degraded)$/m)
    // The kernel lets nobody but the host's root mount configfs, which systemd tries where it finds the folder for it.
    const failed = (await inside(vmid, 'systemctl --failed --no-legend --plain')).split('\n').map((line) => line.split(' ')[0] ?? '').filter((unit) => unit !== '')
    expect(failed.filter((unit) => unprivileged === '0' || unit !== 'sys-kernel-config.mount')).toEqual([])
    expect(await inside(vmid, 'hostname; nproc; awk \'$1 == "MemTotal:" {print $2}\' /proc/meminfo')).toBe(`debian-${storage}\n1\n${160 * 1024}\n`)
    expect(await inside(vmid, 'cat /proc/self/uid_map')).toMatch(unprivileged === '1' ? /^ +0 +100000 +65536$/m : /^ +0 +0 +4294967295$/m)
  })

  it('goes back to a snapshot, and is shut down by its own systemd', async () => {
    await inside(vmid, 'echo first >/root/state; sync')
    await pct('snapshot', vmid, 'clean')
    await inside(vmid, 'echo second >/root/state; rm -rf /usr/share/doc')
    await pct('shutdown', vmid)
    await pct('rollback', vmid, 'clean', '--start', '1')
    await isUp(vmid)
    expect(await inside(vmid, 'cat /root/state; test -d /usr/share && echo whole')).toBe('first\nwhole\n')
    await pct('destroy', vmid, '--force', '1')
    expect(await outside('pvesm', 'list', storage)).not.toContain(`-${vmid}-`)
  })
})
