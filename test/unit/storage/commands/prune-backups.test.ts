// pvesm prune-backups on a real folder.
import {mkdir, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeEach, describe, expect, it} from 'vitest'
import {ForbiddenError} from '../../../../src/lib/base/index.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import type {Installation} from '../../tasks/demo/installation.ts'
import {installation} from '../../tasks/demo/installation.ts'
import {pvesm, pvesmResult, storageCatalog} from './catalog.ts'

let place: Installation
let context: Context
let dump: string
beforeEach(async () => {
  place = await installation({catalog: storageCatalog})
  context = await place.open()
  dump = join(place.root, 'lib/vz/dump')
  await mkdir(dump, {recursive: true})
})

const backup = async (name: string, ...companions: readonly string[]) => {
  for (const file of [name, ...companions.map((ending) => ending === '.log' ? name.replace(/\.vma\.zst$/, '.log') : `${name}${ending}`)]) await writeFile(join(dump, file), 'x')
}
const daily = (vmid: number, day: number) => `vzdump-qemu-${vmid}-2025_01_0${day}-12_00_00.vma.zst`
const marks = (result: unknown) => (result as readonly {volid: string; mark: string}[]).map(({volid, mark}) => `${volid.slice('local:backup/'.length)} ${mark}`)

describe('pvesm prune-backups', () => {
  beforeEach(async () => {
    for (const day of [1, 2, 3]) await backup(daily(100, day), '.log', '.notes')
    await backup(daily(200, 1))
  })

  it('removes what the rules give up, with log and notes, for each guest by itself', async () => {
    expect(marks(await pvesmResult('prune-backups', {storage: 'local', 'keep-last': 1}, context))).toEqual([`${daily(100, 1)} remove`, `${daily(100, 2)} remove`, `${daily(100, 3)} keep`, `${daily(200, 1)} keep`])
    expect(await readdir(dump)).toEqual([daily(100, 3).replace('.vma.zst', '.log'), daily(100, 3), `${daily(100, 3)}.notes`, daily(200, 1)])
    expect(place.lines.filter((line) => line.includes('removed backup'))).toHaveLength(2)
  })

  it('leaves what is protected, or renamed, and counts neither', async () => {
    await writeFile(join(dump, `${daily(100, 3)}.protected`), '')
    await backup('before-the-move.vma.zst')
    expect(marks(await pvesmResult('prune-backups', {storage: 'local', 'keep-last': 1, vmid: 100}, context))).toEqual([`${daily(100, 1)} remove`, `${daily(100, 2)} keep`, `${daily(100, 3)} protected`])
    expect(marks(await pvesmResult('prune-backups', {storage: 'local', 'keep-last': 1}, context))).toContain('before-the-move.vma.zst renamed')
    expect((await readdir(dump)).filter((name) => name.endsWith('.zst'))).toEqual(['before-the-move.vma.zst', daily(100, 2), daily(100, 3), daily(200, 1)])
  })

  it('takes the rules of the storage when the command has none, and keeps all when there are none at all', async () => {
    expect(marks(await pvesmResult('prune-backups', {storage: 'local'}, context)).every((each) => each.endsWith(' keep'))).toBe(true)
    await pvesm('set', {storage: 'local', 'prune-backups': 'keep-last=2'}, context)
    const before = await readdir(dump)
    expect(marks(await pvesmResult('prune-backups', {storage: 'local', 'keep-last': 0}, context)).every((each) => each.endsWith(' keep'))).toBe(true)
    expect(await readdir(dump)).toEqual(before)
    expect(marks(await pvesmResult('prune-backups', {storage: 'local', type: 'qemu'}, context)).filter((each) => each.endsWith(' remove'))).toEqual([`${daily(100, 1)} remove`])
    expect(marks(await pvesmResult('prune-backups', {storage: 'local', type: 'lxc'}, context))).toEqual([])
  })

  it('shows what would become of each on a dry run, and removes nothing', async () => {
    const before = await readdir(dump)
    const outcome = await pvesm('prune-backups', {storage: 'local', 'keep-last': 1, vmid: 100}, context, {dryRun: true})
    expect(outcome.outcome === 'planned' && outcome.lines.slice(0, 4)).toEqual([
      `# Backup                                                   Backup-ID Prune-Mark`, `# local:backup/${daily(100, 1)} qemu/100  remove`, `# local:backup/${daily(100, 2)} qemu/100  remove`, `# local:backup/${daily(100, 3)} qemu/100  keep`,
    ])
    expect(await readdir(dump)).toEqual(before)
  })

  it('goes on past a backup that cannot be removed, and says so', async () => {
    const stubborn = {...context, host: {...context.host, files: {...context.host.files, remove: async (path: string) => {
      if (path.endsWith(daily(100, 1))) throw new ForbiddenError('may not')
      return context.host.files.remove(path)
    }}}}
    await expect(pvesm('prune-backups', {storage: 'local', 'keep-last': 1}, stubborn)).rejects.toMatchObject({kind: 'forbidden', data: {volids: [`local:backup/${daily(100, 1)}`]}})
    expect((await readdir(dump)).filter((name) => name.endsWith('.zst'))).toEqual([daily(100, 1), daily(100, 3), daily(200, 1)])
  })

  it('refuses rules that contradict each other, and storages without backups', async () => {
    await expect(pvesm('prune-backups', {storage: 'local', 'keep-all': true, 'keep-last': 1}, context)).rejects.toMatchObject({kind: 'invalid-input'})
    await expect(pvesm('prune-backups', {storage: 'local', 'keep-last': -1}, context)).rejects.toMatchObject({fields: {'keep-last': expect.any(String) as unknown}})
    await expect(pvesm('set', {storage: 'local', 'prune-backups': 'keep-all=1,keep-last=1'}, context)).rejects.toMatchObject({kind: 'invalid-input'})
    await pvesm('set', {storage: 'local', content: 'images'}, context)
    await expect(pvesm('prune-backups', {storage: 'local'}, context)).rejects.toMatchObject({fields: {storage: 'does not hold backups'}})
    await expect(pvesm('prune-backups', {storage: 'none'}, context)).rejects.toMatchObject({kind: 'not-found'})
  })
})
