// Containers that stand still while something is done to their volumes, on the LXC of this machine and btrfs on a loop device: one that writes all the time is
// taken as of one moment, and a command that is killed meanwhile leaves none frozen that was not so before. Over SSH it is left out, since its files are looked at here.
import {existsSync, mkdirSync, readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {btrfsFileSystem, whyNoBtrfs} from '../support/btrfs-file-system.ts'
import type {BtrfsFileSystem} from '../support/btrfs-file-system.ts'
import {writeTemplate} from '../support/container-template.ts'
import {Installation, waitUntil} from './support/installation.ts'
import {overSsh} from './support/over-ssh.ts'

const installation = new Installation([], '/tmp/cf-')
const isMapped = ['/etc/subuid', '/etc/subgid'].every((path) => existsSync(path) && /^root:100000:65536$/m.test(readFileSync(path, 'utf8')))
const why = overSsh() ? 'the files of the containers are on another host' : isMapped ? whyNoBtrfs() : 'root has no range 100000:65536 in /etc/subuid and /etc/subgid'
if (why !== undefined) console.log(`frozen containers: skipped, because ${why}`)

/** Adds a line to a file of each volume, one after the other, all the time. */
const writing = 'trap "exit 0" PWR TERM\nn=0\nwhile :; do n=$((n+1)); echo $n >>/root/log; echo $n >>/srv/log; /bin/sleep 0.05 & wait; done'
const callLimitMs = 300_000
/** Records after which a clone, or a snapshot, has the container standing still. */
const whileFrozen = [3, 4]
const limits = {timeout: 900_000}
let butter: BtrfsFileSystem

const pct = (...words: string[]) => installation.call('pct', words, {timeoutMs: callLimitMs})

async function must(...words: string[]): Promise<string> {
  const answer = await pct(...words)
  if (answer.code !== 0) throw new Error(`pct ${words.join(' ')} ended with ${answer.code}: ${answer.stderr}`)
  return answer.stdout
}

/** How many lines it has written to both of its volumes; the last ones whole. */
async function written(vmid: string): Promise<number[]> {
  return (await must('exec', vmid, '--', 'sh', '-c', '/bin/busybox wc -l </root/log; /bin/busybox wc -l </srv/log')).trim().split('\n').map(Number)
}

async function goesOn(vmid: string): Promise<void> {
  const [before = 0] = await written(vmid)
  await waitUntil(`container ${vmid} to write on`, async () => ((await written(vmid))[0] ?? 0) > before, callLimitMs)
}

const isSuspended = async () => /^suspended: 1$/m.test(await must('status', '511', '--verbose'))
const volumes = () => readdirSync(join(butter.mountPoint, 'storage/images'), {recursive: true, withFileTypes: true}).map(({name}) => name).filter((name) => /^(?:subvol|vm)-\d+-disk-\d+/.test(name)).sort()

/** Kills the command after each of these records of its journal and has the doctor clear up; gives how often, until one of them is not reached. */
async function killed(words: readonly string[], records: readonly number[], afterwards: () => Promise<void>): Promise<number> {
  for (const [index, k] of records.entries()) {
    const {code, stderr} = await installation.call('pct', words, {env: {CORRAL_TEST_STOP_AFTER_RECORD: String(k)}, timeoutMs: callLimitMs})
    if (code === 0) return index
    const repaired = await installation.call('corral', ['doctor'], {timeoutMs: callLimitMs})
    expect(repaired.code, `${words.join(' ')}, record ${k}: ${stderr}${repaired.stdout}${repaired.stderr}`).toBe(0)
    await afterwards()
  }
  return records.length
}

describe.skipIf(why !== undefined)('a container that writes all the time', limits, () => {
  beforeAll(async () => {
    butter = btrfsFileSystem(512)
    mkdirSync(join(butter.mountPoint, 'storage'))
    writeTemplate(join(installation.root, 'lib/vz/template/cache/small.tar.gz'), {init: writing})
    expect(await installation.call('pvesm', ['add', 'btrfs', 'butter', '--path', join(butter.mountPoint, 'storage'), '--content', 'rootdir'])).toMatchObject({code: 0})
    await must('create', '511', 'local:vztmpl/small.tar.gz', '--rootfs', 'butter:0', '--mp0', 'butter:0.03,mp=/srv')
    await must('start', '511')
    await waitUntil('the first lines', async () => (await pct('exec', '511', '--', 'cat', '/srv/log')).code === 0, callLimitMs)
  })

  afterAll(async () => {
    await pct('stop', '511')
    await installation.close()
    butter.close()
  })

  it('goes on, without a snapshot, when that is killed at any record; with one when it is not', async () => {
    const plain = volumes()
    const kills = await killed(['snapshot', '511', 'before'], Array.from({length: 20}, (_all, index) => index + 1), async () => {
      expect(await isSuspended()).toBe(false)
      expect(volumes()).toEqual(plain)
    })
    expect(kills).toBeGreaterThanOrEqual(4)
    await goesOn('511')
  })

  it('is taken as of one moment, and comes back to it', async () => {
    const [later = 0] = await written('511')
    await must('rollback', '511', 'before', '--start')
    await waitUntil('the container to run', async () => (await pct('exec', '511', '--', 'cat', '/srv/log')).code === 0, callLimitMs)
    // What it writes now begins at 1 again, so the lines of before are those up to the first of the new ones.
    const lines = async (path: string) => (await must('exec', '511', '--', 'cat', path)).trim().split('\n').map(Number)
    const lastOf = (numbers: readonly number[]) => { const end = numbers.indexOf(1, 1); return end < 0 ? numbers.at(-1) ?? 0 : numbers[end - 1] ?? 0 }
    const [root, data] = [lastOf(await lines('/root/log')), lastOf(await lines('/srv/log'))]
    expect(root).toBeLessThanOrEqual(later)
    expect(root - data, `${root} and ${data}`).toSatisfy((ahead: number) => ahead === 0 || ahead === 1)
  })

  it('goes on when its clone is killed while it stands still; nothing is left of the clone', async () => {
    const kills = await killed(['clone', '511', '512'], whileFrozen, async () => {
      expect(await isSuspended()).toBe(false)
      expect(volumes().filter((name) => name.includes('-512-') || name.includes('@') && !name.endsWith('@before'))).toEqual([])
    })
    expect(kills).toBe(whileFrozen.length)
    await goesOn('511')
  })

  it('goes on by itself when a command is killed while it stands still, before anybody clears up', async () => {
    const ended = await installation.call('pct', ['clone', '511', '512'], {env: {CORRAL_TEST_STOP_AFTER_RECORD: '4'}, timeoutMs: callLimitMs})
    expect(ended.code).not.toBe(0)
    await waitUntil('the container to go on', async () => !await isSuspended(), callLimitMs)
    await waitUntil('the mark to go', () => Promise.resolve(!existsSync(join(installation.root, 'run/lxc/511.frozen'))), callLimitMs)
    expect(readFileSync(join(installation.root, 'log/containers.log'), 'utf8')).toMatch(/who had frozen it is gone: lxc-unfreeze .*-n 511/)
    await goesOn('511')
    expect((await installation.call('corral', ['doctor'], {timeoutMs: callLimitMs})).code).toBe(0)
  })

  it('stays suspended when it was, whatever is killed meanwhile, and can be stopped so', async () => {
    await must('suspend', '511')
    await killed(['snapshot', '511', 'asleep'], whileFrozen, async () => { expect(await isSuspended()).toBe(true) })
    await must('stop', '511')
    await must('delsnapshot', '511', 'before')
    await must('destroy', '511')
    expect(volumes()).toEqual([])
  })
})
