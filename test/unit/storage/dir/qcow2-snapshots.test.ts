import {spawnSync} from 'node:child_process'
import {mkdtemp, open, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {parseTable, readQcow2Snapshots} from '../../../../src/lib/storage/dir/qcow2-snapshots.ts'
import {randomSource, scaledCount} from '../../../support/rounds.ts'

let folder: string
let path: string
const host = localHost('h1')
const qemuImg = (...words: readonly string[]) => { expect(spawnSync('qemu-img', words).status).toBe(0) }
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corral-qcow2-'))
  path = join(folder, 'disk.qcow2')
  qemuImg('create', '-q', '-f', 'qcow2', path, '8M')
})
afterEach(() => rm(folder, {recursive: true, force: true}))

describe('the snapshots of a qcow2 image', () => {
  it('are read in their order, with their times', async () => {
    expect(await readQcow2Snapshots(host, path)).toEqual([])
    const names = Array.from({length: 20}, (_, index) => `s${'x'.repeat(index)}`)
    for (const name of names) qemuImg('snapshot', '-c', name, path)
    const found = await readQcow2Snapshots(host, path)
    expect(found.map(({name}) => name)).toEqual(names)
    for (const {createdAtMs} of found) expect(Math.abs(Date.now() - createdAtMs)).toBeLessThan(120_000)
  })

  it.each([
    ['more snapshots than there can be', 60, Buffer.from([0xff, 0xff, 0xff, 0xff])], ['a table beyond its end', 64, Buffer.from([0, 0, 0x7f, 0, 0, 0, 0, 0])],
    ['a table where no number reaches', 64, Buffer.alloc(8, 0xff)], ['another kind of file', 0, Buffer.from('KDMV')],
  ])('are refused of an image that claims %s', async (_what, offset, bytes) => {
    qemuImg('snapshot', '-c', 'one', path)
    const file = await open(path, 'r+')
    await file.write(bytes, 0, bytes.length, offset)
    await file.close()
    await expect(readQcow2Snapshots(host, path)).rejects.toMatchObject({kind: 'invalid-input'})
  })
})

describe('a table that nobody wrote', () => {
  it('is read or found too short, never more', () => {
    const random = randomSource('qcow2 snapshot tables')
    for (let round = 0; round < scaledCount(300); round++) {
      const table = Buffer.from(Array.from({length: random.between(0, 400)}, () => random.between(0, 255) * random.between(0, 1)))
      const count = random.between(0, 20)
      const found = parseTable(table, count)
      expect(found === undefined || found.length === count).toBe(true)
    }
  })
})
