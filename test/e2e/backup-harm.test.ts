// Harm to backups of a machine and a container that write all the time: targets that fill up or stand still, old blocks that find no room, workers killed at random
// moments, a guest that switches itself off. Whatever becomes of the backup, the guests go on, older backups stay, and nothing is left. With a real QEMU; over SSH it is
// left out, since the files are looked at here.
import {execFileSync, spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statfsSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {writeTemplate} from '../support/container-template.ts'
import {randomSource, scaledCount} from '../support/rounds.ts'
import {archiveWriter, whileTargetStandsStill} from './support/archive-writer.ts'
import {GuestConsole} from './support/console.ts'
import {Installation, waitUntil} from './support/installation.ts'
import type {Answer} from './support/installation.ts'
import {overSsh} from './support/over-ssh.ts'
import {ProbedMachine} from './support/probed-machine.ts'

const why = overSsh() ? 'the files of the guests are on another host' : undefined
if (why !== undefined) console.log(`backup-harm: skipped, because ${why}`)

const installation = new Installation()
const machine = new ProbedMachine(installation, 100)
/** File systems of a size that they soon reach. */
const [small, tiny] = [join(installation.root, 'small'), join(installation.root, 'tiny')]
const dump = join(small, 'dump')
const [smallMib, tinyMib] = [64, 2]
const countFile = join(installation.root, 'lib/vz/images/200/subvol-200-disk-0.subvol/count')
/** Numbers go to places in turn, so that each place holds the last number of its own. */
const places = 32
const [firstPlace, placeBytes, numberBytes] = [16 * 1024 ** 2, 256 * 1024, 8]
const firstNumber = 10_000_000
const init = 'trap "exit 0" PWR TERM\necho started >/run/up\ni=0\nwhile :; do i=$((i+1)); echo $i >/count; /bin/sleep 1 & wait; done'
/** A boot on a busy machine. */
const guestLimitMs = 240_000
let pid = 0

beforeAll(async () => {
  if (why !== undefined) return
  for (const [path, mib] of [[small, smallMib], [tiny, tinyMib]] as const) {
    mkdirSync(path)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', path])
  }
  for (const [name, path] of [['small', small], ['tiny', tiny]] as const) await must('pvesm', 'add', 'dir', name, '--path', path, '--content', 'backup,images')
  await installation.addIso()
  writeTemplate(join(installation.root, 'lib/vz/template/cache/small.tar.gz'), {init})
  await must('pct', 'create', '200', 'local:vztmpl/small.tar.gz', '--rootfs', 'local:0', '--unprivileged', '0')
  await must('pct', 'start', '200')
  await installation.create(100, {boots: true, options: ['--scsihw', 'virtio-scsi-single', '--scsi0', 'local:0.03125,format=qcow2,iothread=1', '--virtio1', 'local:0.03125,format=raw']})
  await installation.mustQm('start', '100')
  pid = installation.pidOf(100)
  const console = new GuestConsole(installation, 100)
  await console.waitForGuest(guestLimitMs)
  await console.run('for d in sda vda; do dd if=/dev/urandom of=/dev/$d bs=1M count=4 conv=fsync 2>/dev/null; done')
  const write = (disk: string) => `echo $i | dd of=/dev/${disk} bs=512 seek=$((${firstPlace / 512} + i % ${places} * ${placeBytes / 512})) count=1 conv=notrunc,fsync 2>/dev/null`
  await console.run(`(i=${firstNumber}; while [ ! -e /tmp/stop ]; do i=$((i+1)); ${write('sda')}; ${write('vda')}; done) 2>/dev/null & true`)
  await console.leave()
  await waitUntil('the writer to have been everywhere', async () => await writes() > 4 * places, 120_000)
}, 600_000)

afterAll(async () => {
  if (why === undefined) await installation.call('pct', ['stop', '200'])
  for (const path of [small, tiny]) spawnSync('umount', ['-l', path])
  await installation.call('corral', ['doctor'])
  await installation.close()
})

async function must(tool: string, ...words: readonly string[]): Promise<Answer> {
  const answer = await installation.call(tool, words, {timeoutMs: 300_000})
  expect(answer.code, `${tool} ${words.join(' ')}: ${answer.stderr}`).toBe(0)
  return answer
}

const vzdump = (vmid: string, ...words: readonly string[]): Promise<Answer> => installation.call('vzdump', [vmid, '--storage', 'small', ...words], {timeoutMs: 300_000})

/** How often the machine has written. */
async function writes(): Promise<number> {
  const drives = await machine.ask('query-blockstats') as {qdev?: string; stats: {wr_operations: number}}[]
  return drives.reduce((sum, {qdev, stats}) => sum + (qdev === undefined ? 0 : stats.wr_operations), 0)
}

const counted = (): number => Number(existsSync(countFile) ? readFileSync(countFile, 'utf8') || '0' : '0')

/** Archives, of which those that were there before are not told. */
const newFiles = (before: readonly string[]): string[] => readdirSync(dump).filter((name) => !before.includes(name) && !name.endsWith('.log')).sort()

function dropNew(before: readonly string[]): void {
  for (const name of readdirSync(dump)) if (!before.includes(name)) rmSync(join(dump, name), {recursive: true})
}

/** The disks in an archive are those of one moment: each place holds the last number that was its own. */
function expectOneMoment(archive: string): void {
  const folder = join(installation.root, 'taken-apart')
  rmSync(folder, {recursive: true, force: true})
  mkdirSync(folder)
  const plain = join(folder, 'plain.vma')
  writeFileSync(plain, archive.endsWith('.zst') ? execFileSync('zstd', ['-dc', archive], {maxBuffer: 2 ** 28}) : readFileSync(archive))
  execFileSync('python3', [resolve(import.meta.dirname, '../support/vma-reader.py'), plain, folder])
  const [first = [], second = []] = ['drive-scsi0.raw', 'drive-virtio1.raw'].map((name) => {
    const disk = readFileSync(join(folder, name))
    return Array.from({length: places}, (_, place) => {
      const at = firstPlace + place * placeBytes
      return Number(disk.toString('latin1', at, at + numberBytes).replace(/\0+$/, '') || '0')
    })
  })
  const asOf = (number: number) => Array.from({length: places}, (_, place) => number - (((number - place) % places) + places) % places)
  const frozen = Math.max(...first)
  expect(frozen).toBeGreaterThan(firstNumber + places)
  expect(first).toEqual(asOf(frozen))
  // The second disk is written after the first.
  expect([asOf(frozen), asOf(frozen - 1)]).toContainEqual(second)
}

function expectWhole(name: string): void {
  if (name.includes('qemu')) expectOneMoment(join(dump, name))
  else expect(execFileSync('tar', ['-tf', join(dump, name)], {encoding: 'utf8'})).toMatch(/^\.\/etc\/vzdump\/pct\.conf\n[^]*^\.\/sbin\/init$/m)
}

/** The guests go on as before, and nothing of a backup is left in them or in their configurations. */
async function expectUnharmed(about: string): Promise<void> {
  const [already, count] = [await writes(), counted()]
  expect(installation.pidOf(100), about).toBe(pid)
  expect(await machine.ask('query-status'), about).toMatchObject({status: 'running'})
  expect(JSON.stringify(await machine.ask('query-named-block-nodes', {flat: true})), about).not.toMatch(/"node-name":"b[fcst]-/)
  expect(await machine.ask('query-jobs'), about).toEqual([])
  await waitUntil(`the machine to write (${about})`, async () => await writes() > already + 4, 60_000)
  await waitUntil(`the container to write (${about})`, () => counted() !== count, 60_000)
  expect(readdirSync(join(installation.root, 'lib/vz/images/100')).length, about).toBe(2)
  expect([small, tiny].flatMap((path) => existsSync(join(path, 'images')) ? readdirSync(join(path, 'images'), {recursive: true}).map(String).filter((name) => name.includes('fleece')) : []), about).toEqual([])
}

describe.runIf(why === undefined)('a machine that writes', () => {
  it('is backed up as it was at one moment, its old blocks on a storage that is named', async () => {
    await must('vzdump', '100', '--storage', 'small', '--compress', 'zstd', '--bwlimit', '8192', '--fleecing', 'enabled=1,storage=local')
    const [archive = ''] = newFiles([])
    expectWhole(archive)
    await expectUnharmed('fleecing on a storage')
  }, 600_000)

  it('goes on while the target stands still, and is backed up in the end', async () => {
    const before = readdirSync(dump)
    expect(await whileTargetStands(vzdump('100', '--compress', '0', '--bwlimit', '2048'))).toMatchObject({code: 0})
    const [archive = ''] = newFiles(before)
    expectWhole(archive)
    await expectUnharmed('a target that stood still')
    dropNew(before)
  }, 600_000)

  it('goes on when there is no room for its old blocks, and its backup is given up', async () => {
    const before = readdirSync(dump)
    const {code, stderr} = await whileTargetStands(vzdump('100', '--compress', '0', '--bwlimit', '1024', '--fleecing', 'enabled=1,storage=tiny'))
    expect([code, stderr]).toEqual([7, expect.stringMatching(/the old blocks of (?:scsi0|virtio1) could not be kept[^]*--fleecing enabled=1,storage=NAME/)])
    expect(newFiles(before)).toEqual([])
    await expectUnharmed('old blocks without room')
    dropNew(before)
  }, 600_000)
})

/** Lets the machine write everywhere, and answer, while nothing of the archive is taken. */
const whileTargetStands = (call: Promise<Answer>): Promise<Answer> => whileTargetStandsStill(dump, call, async () => {
  const already = await writes()
  await waitUntil('the machine to write everywhere', async () => await writes() > already + 4 * places, 240_000)
})

describe.runIf(why === undefined)('whatever happens', () => {
  it('the guests go on, older backups stay, and nothing is left', async () => {
    const rounds = scaledCount(3) > 3 ? scaledCount(20) : 3
    const random = randomSource('harm to backups')
    const pick = <T>(...things: readonly T[]): T => things[random.between(0, things.length - 1)] as T
    await must('vzdump', '200', '--storage', 'small', '--compress', '0')
    const before = readdirSync(dump)
    const contents = new Map(before.map((name) => [name, readFileSync(join(dump, name))]))
    const usualBytes = Math.max(...[...contents.values()].map(({length}) => length))
    const outcomes = new Map<string, number>()
    let usualMs = 3_000
    for (let round = 0; round < rounds; round++) {
      const vmid = pick('100', '100', '200', '100,200')
      const mode = vmid === '200' ? pick('suspend', 'suspend', 'stop') : pick('snapshot', 'snapshot', 'suspend')
      const words = ['--mode', mode, '--compress', pick('0', 'zstd'), '--bwlimit', pick('0', '8192'), '--stopwait', '1', ...pick([], ['--fleecing', 'enabled=1,storage=small'], ['--fleecing', 'enabled=1,storage=local'])]
      const harm = pick('kill', 'full')
      const about = `round ${round}: ${harm}, ${vmid} ${words.join(' ')}`
      const filler = join(small, 'filler')
      const {bavail, bsize} = statfsSync(small)
      if (harm === 'full') writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - random.between(0, Math.round(1.5 * usualBytes)))))
      const call = vzdump(vmid, ...words)
      if (harm === 'kill') {
        const delayMs = random.between(0, Math.round(1.2 * usualMs))
        await Promise.race([sleep(delayMs), call])
        installation.killWorkers()
      }
      const {code, stderr, tookMs} = await call
      rmSync(filler, {force: true})
      if (code === 0) usualMs = (usualMs + tookMs) / 2
      // Whoever comes next clears up.
      await must('qm', 'set', '100', '--onboot', String(round % 2))
      await must('pct', 'set', '200', '--onboot', String(round % 2))
      expect(await installation.mustQm('config', '100'), about).not.toMatch(/^lock/m)
      expect((await must('pct', 'config', '200')).stdout, about).not.toMatch(/^lock/m)
      const left = newFiles(before)
      expect(left.every((name) => /\.(?:vma|tar)(?:\.zst)?$/.test(name)), `${about}: ${left.join(', ')}`).toBe(true)
      for (const name of left) expectWhole(name)
      if (code === 0) expect(left.length, about).toBe(vmid.split(',').length)
      for (const [name, content] of contents) expect(readFileSync(join(dump, name)).equals(content), `${about}: ${name}`).toBe(true)
      const outcome = `${harm}: ${code === 0 ? 'done' : harm === 'kill' ? `ended with ${code}` : /not enough space|No space left|could not be kept|rsync/.exec(stderr)?.[0] ?? stderr}`
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      await expectUnharmed(about)
      dropNew(before)
    }
    console.log(`harm to backups: ${rounds} rounds: ${[...outcomes].map(([outcome, count]) => `${count} × ${outcome}`).join(', ')}`)
  }, 300_000 + 60_000 * scaledCount(20))

  it('a machine that is reset during its backup begins anew, and one that switches itself off is backed up to the end', async () => {
    const before = readdirSync(dump)
    const reset = vzdump('100', '--compress', '0', '--bwlimit', '8192')
    await archiveWriter(dump, reset)
    await machine.ask('system_reset')
    expect(await reset).toMatchObject({code: 0})
    const console = new GuestConsole(installation, 100)
    await console.waitForGuest(guestLimitMs)
    const off = vzdump('100', '--compress', '0', '--bwlimit', '4096', '--mode', 'snapshot')
    await archiveWriter(dump, off)
    console.type('poweroff -f')
    expect(await off).toMatchObject({code: 0})
    await waitUntil('the machine to be off', async () => await installation.status(100) === 'status: stopped', 60_000)
    for (const name of newFiles(before)) expectOneMoment(join(dump, name))
    expect(newFiles(before)).toHaveLength(2)
    expect(installation.leftovers()).toEqual([])
  }, 900_000)
})
