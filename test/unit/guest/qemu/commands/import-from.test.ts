// `import-from=` in the disks of `qm create` and `qm set`: where the content of a new volume comes from, and what is refused.
import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {images, machineRoom, outcomeOf, qm, storedConfig, storedKey} from '../support/run-qm.ts'

const content = Buffer.alloc(4 * 1024 * 1024, 'corral')

async function room() {
  const place = await machineRoom()
  const file = join(place.root, 'cloud.raw')
  await writeFile(file, content)
  return {place, context: await place.open(), file}
}

const failure = (run: Promise<unknown>) => run.then(() => undefined, (error: unknown) => (error as Error).message)

describe('import-from', () => {
  it('fills the disk of a new machine from a file by its path', async () => {
    const {place, context, file} = await room()
    await qm('create', {vmid: 100, scsi0: `local:0,import-from=${file},ssd=1`, boot: 'order=scsi0', 'import-working-storage': 'local'}, context)
    expect(await storedKey(100, 'scsi0', context)).toBe('local:100/vm-100-disk-0.raw,size=4M,ssd=1')
    expect((await readFile(join(place.root, 'lib/vz/images/100/vm-100-disk-0.raw'))).equals(content)).toBe(true)
    expect(await readJournals(context.store)).toEqual([])
  })

  it.each(['raw', 'qcow2'])('adds what an odd image lacks of its last block, as %s', async (format) => {
    const {place, context, file} = await room()
    const odd = content.subarray(0, 1024 * 1024 + 1000)
    await writeFile(file, odd)
    await qm('create', {vmid: 100, scsi0: `local:0,import-from=${file},format=${format}`}, context)
    expect(await storedKey(100, 'scsi0', context)).toBe(`local:100/vm-100-disk-0.${format},size=1028K`)
    if (format === 'qcow2') await qm('disk move', {vmid: 100, disk: 'scsi0', storage: 'local', format: 'raw', delete: true}, context)
    const raw = await readFile(join(place.root, `lib/vz/images/100/vm-100-disk-${format === 'raw' ? 0 : 1}.raw`))
    expect(raw.equals(Buffer.concat([odd, Buffer.alloc(4096 - 1000)]))).toBe(true)
  })

  it('fills it from a volume for imports, in another format when that is asked for', async () => {
    const {place, context} = await room()
    await mkdir(join(place.root, 'lib/vz/import'), {recursive: true})
    await writeFile(join(place.root, 'lib/vz/import/cloud.raw'), content)
    await qm('create', {vmid: 100}, context)
    await qm('set', {vmid: 100, virtio0: 'local:0,import-from=local:import/cloud.raw,format=qcow2'}, context)
    expect(await storedKey(100, 'virtio0', context)).toBe('local:100/vm-100-disk-0.qcow2,size=4M')
  })

  it('keeps to the limits of datacenter.cfg and of storages', async () => {
    const {place, context, file} = await room()
    await mkdir(join(place.root, 'lib/vz/import'), {recursive: true})
    await writeFile(join(place.root, 'lib/vz/import/cloud.raw'), content)
    const limits = async (command: string, params: Record<string, unknown>) => {
      const outcome = await outcomeOf(command, params, context, {dryRun: true})
      return outcome.outcome === 'planned' ? outcome.plan.steps.flatMap((step) => (step.do.kind === 'volume.copy' ? [(step.do as {bandwidthKib?: number}).bandwidthKib] : [])) : []
    }
    await context.store.commit({put: {'datacenter.cfg': 'bwlimit: default=5000,clone=7\n'}})
    expect(await limits('create', {vmid: 100, scsi0: `local:0,import-from=${file}`})).toEqual([5000])
    await qm('create', {vmid: 101}, context)
    await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${place.root}/lib/vz\n\tcontent images,import\n\tbwlimit default=300\n`}})
    expect(await limits('set', {vmid: 101, scsi0: 'local:0,import-from=local:import/cloud.raw'})).toEqual([300])
    expect(await limits('disk import', {vmid: 101, source: file, storage: 'local'})).toEqual([300])
  })

  it.each([
    ['a file that is not there', '/nowhere/x.raw', /^scsi0: there is no file \/nowhere\/x\.raw$/],
    ['a volume that is not there', 'local:import/none.qcow2', /^scsi0: there is no file .*\/import\/none\.qcow2$/],
  ])('refuses %s, and nothing is left', async (_, source, message) => {
    const {place, context} = await room()
    expect(await failure(qm('create', {vmid: 100, scsi0: `local:0,import-from=${source}`}, context))).toMatch(message)
    expect(await storedConfig(100, context)).toBeUndefined()
    expect(await images(place)).toEqual([])
  })

  it('refuses a storage to work on that does not exist', async () => {
    const {context, file} = await room()
    expect(await failure(qm('create', {vmid: 100, scsi0: `local:0,import-from=${file}`, 'import-working-storage': 'nowhere'}, context))).toMatch(/^there is no storage 'nowhere'/)
  })
})
