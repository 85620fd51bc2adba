// Partition tables that guests have written: good ones, as sfdisk makes them, and bad ones, which are told and read no further.
import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {crc32} from '../../../../src/lib/storage/partitions/gpt.ts'
import {fileSystemOn, readPartitions} from '../../../../src/lib/storage/partitions/index.ts'
import type {DiskBytes, PartitionTable} from '../../../../src/lib/storage/partitions/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'corral-partitions-'))
const image = join(folder, 'disk.raw')
const mib = 1024 * 1024
afterAll(() => { rmSync(folder, {recursive: true}) })

/** @param script for sfdisk */
function made(script: string, sizeMib = 64): Buffer {
  execFileSync('truncate', ['-s', '0', image], {timeout: 60_000})
  execFileSync('truncate', ['-s', `${sizeMib}M`, image], {timeout: 60_000})
  execFileSync('sfdisk', ['-q', image], {input: script, timeout: 60_000})
  return readFileSync(image)
}

function diskOf(bytes: Buffer): DiskBytes & {readonly reads: () => number} {
  let reads = 0
  return {
    sizeBytes: bytes.length, reads: () => reads,
    read: async (offset, lengthBytes) => {
      reads++
      if (offset < 0 || offset + lengthBytes > bytes.length) throw new Error(`asked for ${lengthBytes} bytes at ${offset}`)
      return Buffer.from(bytes.subarray(offset, offset + lengthBytes))
    },
  }
}

async function tableOf(bytes: Buffer): Promise<PartitionTable | undefined> {
  return readPartitions(diskOf(bytes))
}

describe('partitions', () => {
  it('of a GPT come with their numbers, places and names, also from the table at the end', async () => {
    const bytes = made('label: gpt\n1: start=2048, size=8192, name="boot"\n3: start=20480, size=4096\n')
    const partitions = [{number: 1, offset: mib, sizeBytes: 4 * mib, label: 'boot'}, {number: 3, offset: 10 * mib, sizeBytes: 2 * mib}]
    expect(await tableOf(bytes)).toEqual({kind: 'gpt', partitions, faults: []})
    bytes.fill(0, 512, 1024)
    expect(await tableOf(bytes)).toEqual({kind: 'gpt', partitions, faults: ['the first partition table is damaged; the one at the end of the disk is read']})
    bytes.fill(0, bytes.length - 512)
    expect(await tableOf(bytes)).toBeUndefined()
  })

  it('of an MBR come with the logical ones', async () => {
    const bytes = made('label: dos\nstart=2048, size=8192\nstart=16384, type=5\nstart=18432, size=4096\nstart=24576, size=2048\n')
    expect(await tableOf(bytes)).toEqual({kind: 'mbr', faults: [], partitions: [
      {number: 1, offset: mib, sizeBytes: 4 * mib}, {number: 5, offset: 9 * mib, sizeBytes: 2 * mib}, {number: 6, offset: 12 * mib, sizeBytes: mib},
    ]})
  })

  it.each<[string, (bytes: Buffer) => void, RegExp]>([
    ['a chain of logical partitions in a circle', (bytes) => { bytes.writeUInt8(5, 8 * mib + 466); bytes.writeUInt32LE(0, 8 * mib + 470); bytes.writeUInt32LE(4096, 8 * mib + 474) }, /has no end/],
    ['a chain out of the extended partition', (bytes) => { bytes.writeUInt8(5, 8 * mib + 466); bytes.writeUInt32LE(0xffffff00, 8 * mib + 470); bytes.writeUInt32LE(4096, 8 * mib + 474) }, /leads out of the extended one/],
    ['a chain that breaks off', (bytes) => { bytes.writeUInt8(5, 8 * mib + 466); bytes.writeUInt32LE(64, 8 * mib + 470); bytes.writeUInt32LE(4096, 8 * mib + 474) }, /breaks off/],
    ['a logical partition beyond the extended one', (bytes) => { bytes.writeUInt32LE(0xfffffff0, 8 * mib + 458) }, /partition 5 does not lie within the extended one/],
    ['a partition beyond the end', (bytes) => { bytes.writeUInt32LE(0xffffffff, 446 + 12) }, /partition 1 does not lie on the disk/],
    ['partitions over each other', (bytes) => { bytes.writeUInt32LE(20_000, 446 + 12) }, /partitions 1 and 5 lie over each other/],
    ['two extended partitions', (bytes) => { bytes.copy(bytes, 446 + 32, 446 + 16, 446 + 32) }, /second extended one/],
  ])('are told when an MBR has %s', async (_about, spoil, fault) => {
    const bytes = made('label: dos\nstart=2048, size=8192\nstart=16384, type=5\nstart=18432, size=4096\n')
    spoil(bytes)
    const disk = diskOf(bytes)
    const table = await readPartitions(disk)
    expect(table?.faults.join()).toMatch(fault)
    for (const {offset, sizeBytes} of table?.partitions ?? []) expect(offset + sizeBytes).toBeLessThanOrEqual(bytes.length)
    expect(disk.reads()).toBeLessThan(200)
  })

  it('are bounded in a GPT that is signed, and says what cannot be', async () => {
    const bytes = made('label: gpt\nstart=2048, size=8192\nstart=20480, size=4096\n')
    const signed = (change: (header: Buffer, entries: Buffer) => void): Buffer => {
      const bad = Buffer.from(bytes)
      const [header, entries] = [bad.subarray(512, 604), bad.subarray(1024, 1024 + 128 * 128)]
      change(header, entries)
      header.writeUInt32LE(crc32(entries), 88)
      header.writeUInt32LE(0, 16)
      header.writeUInt32LE(crc32(header), 16)
      return bad
    }
    const beyond = await tableOf(signed((_header, entries) => { entries.writeBigUInt64LE(0xffffffffffffffffn, 40) }))
    expect(beyond).toMatchObject({partitions: [{number: 2}], faults: ['partition 1 does not lie on the disk and is left out']})
    expect(await tableOf(signed((_header, entries) => { entries.writeBigUInt64LE(21_000n, 40) }))).toMatchObject({faults: ['partitions 1 and 2 lie over each other']})
    for (const [place, value] of [[80, 0xffffffff], [84, 0xfffffff8], [84, 0], [12, 0xffffffff]] as const) {
      const table = await tableOf(signed((header) => { header.writeUInt32LE(value, place) }))
      expect(table?.faults, String(place)).toContain('the first partition table is damaged; the one at the end of the disk is read')
    }
  })

  it('are none on a disk with random bytes, or too small for anything', async () => {
    for (let size = 0; size < 5000; size += 331) {
      const bytes = Buffer.alloc(size, 0x5a)
      expect(await tableOf(bytes)).toBeUndefined()
      expect(await fileSystemOn(diskOf(bytes))).toBeUndefined()
    }
  })
})

it.each([
  ['ext2', ['mkfs.ext2', '-q', '-F']], ['ext3', ['mkfs.ext3', '-q', '-F']], ['ext4', ['mkfs.ext4', '-q', '-F']], ['xfs', ['mkfs.xfs', '-q', '-f']], ['btrfs', ['mkfs.btrfs', '-q', '-f']], ['swap', ['mkswap', '-q']],
])('a disk with %s is known by its signature', async (holds, argv) => {
  execFileSync('truncate', ['-s', '0', image], {timeout: 60_000})
  execFileSync('truncate', ['-s', '320M', image], {timeout: 60_000})
  execFileSync(argv[0] ?? '', [...argv.slice(1), image], {timeout: 120_000, stdio: 'ignore'})
  const bytes = readFileSync(image)
  expect(await fileSystemOn(diskOf(bytes))).toBe(holds)
  expect(await tableOf(bytes)).toBeUndefined()
}, 120_000)
