// Virtual machines that come back from a repository, by qmrestore and by way of an archive that was written from there.
import {execFileSync} from 'node:child_process'
import {readFileSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {keepMachine, keptVolume} from '../../../../support/kept-machine.ts'
import {backedUpMachine} from '../../../../support/machine-backup.ts'
import {machineRoom, storedConfig} from '../support/run-qm.ts'

async function run(command: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<unknown> {
  const entry = catalog.commands[command]
  if (entry === undefined) throw new Error(`there is no ${command}`)
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  const outcome = await runHandler(handler, checkParams(spec.params, input), context)
  return outcome.outcome === 'done' ? outcome.result : undefined
}

/** A disk's bytes, whatever its format. */
function bytesOf({root}: Installation, name: string): Buffer {
  const raw = join(root, 'raw')
  execFileSync('qemu-img', ['convert', '-O', 'raw', join(root, 'lib/vz/images', name), raw])
  return readFileSync(raw)
}

function expectDisks(place: Installation, vmid: number): void {
  const {scsi0, scsi1} = backedUpMachine()
  expect(bytesOf(place, `${vmid}/vm-${vmid}-disk-0.qcow2`).equals(scsi0), `scsi0 of ${vmid}`).toBe(true)
  expect(bytesOf(place, `${vmid}/vm-${vmid}-disk-1.raw`).subarray(0, scsi1.length).equals(scsi1), `scsi1 of ${vmid}`).toBe(true)
}

it('a machine in a repository comes back, also through an archive; what is damaged takes nothing with it', async () => {
  const place = await machineRoom()
  const context = await place.open()
  await run('pvesm add', {storage: 'kept', type: 'restic', path: join(place.root, 'repository'), password: 'a word'}, context)
  await keepMachine('kept', context)
  const volume = keptVolume('kept')

  await run('qmrestore', {archive: volume, vmid: 200, unique: true}, context)
  expect(await storedConfig(200, context)).toMatch(/^scsi0: local:200\/vm-200-disk-0\.qcow2,size=3M$/m)
  expect(await storedConfig(200, context)).not.toMatch(/qmdump|BC:24:11:00:00:07/)
  expect((await context.store.read('firewall/200.fw'))?.data).toBe('[OPTIONS]\nenable: 0\n')
  expectDisks(place, 200)

  const file = join(place.root, 'web.vma.zst')
  await run('corral backup export', {volume, file}, context)
  expect(readdirSync(place.root).filter((name) => name.startsWith('web'))).toEqual(['web.vma.zst'])
  await expect(run('corral backup export', {volume, file}, context)).rejects.toThrow(/is there already and is not overwritten/)
  await expect(run('corral backup export', {volume, file: join(place.root, 'web.tar')}, context)).rejects.toThrow(/must end in \.vma, /)
  const plain = join(place.root, 'vzdump-qemu-100-2026_01_31-12_00_00.vma.zst')
  writeFileSync(plain, readFileSync(file))
  await run('qmrestore', {archive: plain, vmid: 201}, context)
  expectDisks(place, 201)

  await expect(run('qmrestore', {archive: 'kept:backup/vm/100/2026-01-31T12:00:01Z', vmid: 202}, context)).rejects.toThrow(/there is no (?:backup|volume)/)
  for (const part of readdirSync(join(place.root, 'repository/data'))) {
    for (const name of readdirSync(join(place.root, 'repository/data', part))) {
      const pack = join(place.root, 'repository/data', part, name)
      const bytes = readFileSync(pack)
      // Packs of trees are small; the disks are in the large one.
      if (bytes.length < 5_000) continue
      bytes[2_000] = (bytes[2_000] ?? 0) ^ 1
      writeFileSync(pack, bytes)
    }
  }
  await expect(run('qmrestore', {archive: volume, vmid: 200, force: true}, context)).rejects.toThrow(/is damaged|cannot be read/)
  expectDisks(place, 200)
  expect(await readJournals(context.store)).toEqual([])
}, 240_000)
