// vzdump of a machine that writes to two disks all the time, and what qmrestore brings back: the disks as they were at one moment, with a real QEMU.
import {execFileSync} from 'node:child_process'
import {mkdirSync, readFileSync, readdirSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {GuestConsole} from './support/console.ts'
import {Installation, waitUntil} from './support/installation.ts'

const installation = new Installation()
const vmid = '100'
const dump = join(installation.root, 'lib/vz/dump')
/** Numbers go to places in turn, so that each place holds the last number of its own. */
const places = 64
const [firstPlace, placeBytes, numberBytes] = [32 * 1024 ** 2, 256 * 1024, 8]
const [firstNumber, noiseBytes] = [10_000_000, 16 * 1024 ** 2]

beforeAll(async () => {
  await installation.addIso()
  await installation.create(100, {boots: true, options: ['--name', 'writer', '--scsihw', 'virtio-scsi-single', '--scsi0', 'local:0.0625,format=qcow2,iothread=1', '--virtio1', 'local:0.0625,format=raw', '--virtio2', 'local:0.01,backup=0']})
  await installation.mustQm('start', vmid)
})
afterAll(() => installation.close())

async function vzdump(...words: readonly string[]): Promise<string> {
  const {code, stderr} = await installation.call('vzdump', [vmid, ...words], {timeoutMs: 300_000})
  expect(code, stderr).toBe(0)
  return stderr
}

/** The newest archive. */
const archive = (): string => join(dump, readdirSync(dump).filter((name) => name.includes('.vma')).sort().at(-1) ?? '')

/** A disk's bytes, whatever its format. */
function bytesOf(volume: string): Buffer {
  const raw = join(installation.root, 'raw')
  execFileSync('qemu-img', ['convert', '-O', 'raw', join(installation.root, 'lib/vz/images', volume), raw])
  return readFileSync(raw)
}

/** The numbers at all places; 0 where there is none yet. */
const numbersIn = (disk: Buffer): number[] => Array.from({length: places}, (_, place) => {
  const at = firstPlace + place * placeBytes
  return Number(disk.toString('latin1', at, at + numberBytes).replace(/\0+$/, '') || '0')
})

describe('a machine that writes', () => {
  it('is backed up as it was at one moment, and goes on writing meanwhile', async () => {
    const console = new GuestConsole(installation, 100)
    await console.waitForGuest()
    await console.run('for d in sda vda; do dd if=/dev/urandom of=/dev/$d bs=1M count=16 conv=fsync 2>/dev/null; done')
    const write = (disk: string) => `echo $i | dd of=/dev/${disk} bs=512 seek=$((${firstPlace / 512} + i % ${places} * ${placeBytes / 512})) count=1 conv=notrunc,fsync 2>/dev/null`
    await console.run(`(i=${firstNumber}; while [ ! -e /tmp/stop ]; do i=$((i+1)); ${write('sda')}; ${write('vda')}; echo $i >/tmp/last; done) 2>/dev/null & true`)
    const counted = async () => Number(/^(\d{8})/m.exec(await console.run('cat /tmp/last'))?.[1] ?? 0)
    await waitUntil('the writer to have been everywhere', async () => await counted() > firstNumber + places, 60_000)
    const pid = installation.pidOf(100)

    const before = await counted()
    const told = await vzdump('--mode', 'snapshot', '--compress', 'zstd', '--bwlimit', '16384')
    const after = await counted()
    expect(told).toMatch(/virtio2/)
    expect(installation.pidOf(100)).toBe(pid)
    await console.run('touch /tmp/stop; sleep 1')
    const last = await counted()
    await console.leave()

    const restored = await installation.call('qmrestore', [archive(), '101', '--unique'], {timeoutMs: 120_000})
    expect(restored.code, restored.stderr).toBe(0)
    const config = await installation.mustQm('config', '101')
    expect(config).toMatch(/^name: writer$/m)
    expect(config).not.toMatch(/lock|virtio2: local/)
    const disks = ['101/vm-101-disk-0.qcow2', '101/vm-101-disk-1.raw'].map(bytesOf)
    const [first = [], second = []] = disks.map(numbersIn)
    const frozen = Math.max(...first)
    expect(frozen).toBeGreaterThanOrEqual(before)
    expect(frozen).toBeLessThan(after)
    // Each place holds the last number that was its own: nothing that came later, and nothing missing. The second disk is written after the first.
    const asOf = (number: number) => Array.from({length: places}, (_, place) => number - (((number - place) % places) + places) % places)
    expect(first).toEqual(asOf(frozen))
    expect([asOf(frozen), asOf(frozen - 1)]).toContainEqual(second)

    await installation.mustQm('stop', vmid)
    const now = ['100/vm-100-disk-0.qcow2', '100/vm-100-disk-1.raw'].map(bytesOf)
    expect(numbersIn(now[0] ?? Buffer.alloc(0))).toEqual(asOf(last))
    for (const [index, disk] of disks.entries()) expect(disk.subarray(0, noiseBytes).equals(now[index]?.subarray(0, noiseBytes) ?? Buffer.alloc(0))).toBe(true)
  }, 300_000)

  it('has an archive that a reader of another origin takes apart to the same disks', () => {
    const folder = join(installation.root, 'taken-apart')
    mkdirSync(folder)
    execFileSync('zstd', ['-q', '-d', archive(), '-o', join(folder, 'plain.vma')])
    execFileSync('python3', [resolve(import.meta.dirname, '../support/vma-reader.py'), join(folder, 'plain.vma'), folder])
    expect(readFileSync(join(folder, 'drive-scsi0.raw')).equals(bytesOf('101/vm-101-disk-0.qcow2'))).toBe(true)
    expect(readFileSync(join(folder, 'drive-virtio1.raw')).equals(bytesOf('101/vm-101-disk-1.raw'))).toBe(true)
    expect(readdirSync(folder)).not.toContain('drive-virtio2.raw')
  })

  it('is backed up while it is off, and off for a moment only in mode stop', async () => {
    await vzdump('--mode', 'stop')
    expect(await installation.status(100)).toBe('status: stopped')
    await installation.mustQm('start', vmid)
    const first = new GuestConsole(installation, 100)
    await first.waitForGuest()
    await first.leave()
    const pid = installation.pidOf(100)
    await vzdump('--mode', 'stop', '--remove', '0')
    expect(await installation.status(100)).toBe('status: running')
    expect(installation.pidOf(100)).not.toBe(pid)
    const console = new GuestConsole(installation, 100)
    await console.waitForGuest()
    await console.leave()
    expect(readdirSync(dump).filter((name) => name.endsWith('.dat'))).toEqual([])
    await installation.mustQm('stop', vmid)
    for (const each of [vmid, '101']) await installation.mustQm('destroy', each)
    expect(installation.leftovers()).toEqual([])
  }, 300_000)
})
