// vzdump of a machine that writes all the time into a repository, twice, and what qmrestore brings back of each: the disk as it was at one moment. The second reads what changed
// alone. With a real QEMU and a guest; restic itself says whether the repository is whole.
import {execFileSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {GuestConsole} from './support/console.ts'
import {Installation, waitUntil} from './support/installation.ts'

const installation = new Installation()
const repository = join(installation.root, 'repository')
const password = 'of several words'
/** Numbers go to places in turn, so that each place holds the last number of its own. */
const places = 64
const [firstPlace, placeBytes, numberBytes, firstNumber] = [32 * 1024 ** 2, 256 * 1024, 8, 10_000_000]

beforeAll(async () => {
  await installation.addIso()
  await installation.create(100, {boots: true, options: ['--scsihw', 'virtio-scsi-single', '--scsi0', 'local:0.0625,format=qcow2,iothread=1']})
  const added = await installation.call('pvesm', ['add', 'restic', 'kept', '--path', repository, '--password', password])
  expect(added.code, added.stderr).toBe(0)
  await installation.mustQm('start', '100')
})
afterAll(() => installation.close())

async function must(tool: string, ...words: readonly string[]): Promise<{readonly stdout: string; readonly stderr: string}> {
  const {code, stdout, stderr} = await installation.call(tool, words, {timeoutMs: 300_000})
  expect(code, stderr).toBe(0)
  return {stdout, stderr}
}

/** @returns the volume id of the new backup, and the MiB that were read */
async function vzdump(known: readonly string[]): Promise<{readonly volume: string; readonly readMib: number}> {
  const {stdout, stderr} = await must('vzdump', '100', '--storage', 'kept', '--mode', 'snapshot')
  const readMib = Number(/read (\d+\.\d) MiB, of which/.exec(`${stdout}${stderr}`)?.[1])
  const volume = (await must('pvesm', 'list', 'kept')).stdout.match(/kept:backup\/vm\/100\/\S+/g)?.find((each) => !known.includes(each))
  if (volume === undefined) throw new Error('there is no new backup')
  return {volume, readMib}
}

/** The numbers at all places of the disk that a backup brings back; 0 where there is none. */
async function numbersIn(volume: string, vmid: string): Promise<number[]> {
  await must('qmrestore', volume, vmid, '--unique')
  const raw = join(installation.root, 'raw')
  execFileSync('qemu-img', ['convert', '-O', 'raw', join(installation.root, `lib/vz/images/${vmid}/vm-${vmid}-disk-0.qcow2`), raw])
  const disk = readFileSync(raw)
  return Array.from({length: places}, (_, place) => {
    const at = firstPlace + place * placeBytes
    return Number(disk.toString('latin1', at, at + numberBytes).replace(/\0+$/, '') || '0')
  })
}

/** Each place holds the last number that was its own: nothing that came later, and nothing missing. */
const asOf = (number: number): number[] => Array.from({length: places}, (_, place) => number - (((number - place) % places) + places) % places)

it('comes back as it was at the moment of each backup, of which the second read what had changed', async () => {
  const console = new GuestConsole(installation, 100)
  await console.waitForGuest()
  await console.run('dd if=/dev/urandom of=/dev/sda bs=1M count=16 conv=fsync 2>/dev/null')
  const write = `echo $i | dd of=/dev/sda bs=512 seek=$((${firstPlace / 512} + i % ${places} * ${placeBytes / 512})) count=1 conv=notrunc,fsync 2>/dev/null`
  await console.run(`(i=${firstNumber}; while [ ! -e /tmp/stop ]; do i=$((i+1)); ${write}; echo $i >/tmp/last; done) 2>/dev/null & true`)
  const counted = async (): Promise<number> => Number(/^(\d{8})/m.exec(await console.run('cat /tmp/last'))?.[1] ?? 0)
  await waitUntil('the writer to have been everywhere', async () => await counted() > firstNumber + places, 60_000)
  const pid = installation.pidOf(100)

  const times = [await counted()]
  const first = await vzdump([])
  times.push(await counted())
  const second = await vzdump([first.volume])
  times.push(await counted())
  expect(first.readMib).toBe(64)
  // The writer has 16 MiB for itself, which begin and end within a piece of 4 MiB.
  expect(second.readMib).toBeGreaterThan(0)
  expect(second.readMib).toBeLessThanOrEqual(24)
  expect(installation.pidOf(100)).toBe(pid)
  await console.run('touch /tmp/stop')
  await console.leave()
  await installation.mustQm('stop', '100')

  for (const [index, {volume}] of [first, second].entries()) {
    const vmid = String(101 + index)
    const numbers = await numbersIn(volume, vmid)
    const frozen = Math.max(...numbers)
    expect(frozen).toBeGreaterThanOrEqual(times[index] ?? 0)
    expect(frozen).toBeLessThanOrEqual(times[index + 1] ?? 0)
    expect(numbers).toEqual(asOf(frozen))
  }
  const passwordFile = join(installation.root, 'password')
  writeFileSync(passwordFile, password, {mode: 0o600})
  execFileSync('restic', ['--repo', repository, '--password-file', passwordFile, '--no-cache', '--quiet', 'check', '--read-data'], {timeout: 120_000})
  for (const vmid of ['100', '101', '102']) await installation.mustQm('destroy', vmid)
  expect(installation.leftovers()).toEqual([])
}, 400_000)
