import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {ConflictError, ForbiddenError, NotFoundError} from '../../../../../src/lib/base/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import type {Store} from '../../../../../src/lib/store/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {pretendRunning} from '../support/pretend-running.ts'
import {images, machineRoom, outcomeOf, qm, storedConfig} from '../support/run-qm.ts'

async function roomWith(options: Readonly<Record<string, unknown>>) {
  const place = await machineRoom()
  const context = await place.open()
  await qm('create', {vmid: 100, ...options}, context)
  return {place, context}
}

describe('qm destroy', () => {
  it('removes the machine, all of its volumes, and nothing else', async () => {
    const {place, context} = await roomWith({scsi0: 'local:0.01', scsi1: 'local:0.01', ide2: 'none'})
    await qm('create', {vmid: 101, scsi0: 'local:0.01'}, context)
    await mkdir(join(place.root, 'lib/vz/template/iso'), {recursive: true})
    await writeFile(join(place.root, 'lib/vz/template/iso/vm-100-tools.iso'), 'x')
    await writeFile(join(place.root, 'disk'), 'x')
    await qm('set', {vmid: 100, scsi1: 'local:0.01', ide0: 'local:iso/vm-100-tools.iso', sata0: join(place.root, 'disk')}, context)
    expect(await images(place)).toHaveLength(4)
    place.lines.length = 0
    await context.store.commit({put: {'firewall/100.fw': '[OPTIONS]\nenable: 1\n', 'firewall/101.fw': '[OPTIONS]\n'}})
    await qm('destroy', {vmid: 100}, context)
    expect(await images(place)).toEqual(['101/vm-101-disk-0.raw'])
    expect(place.lines.sort()).toEqual([0, 1, 2].map((index) => `removed volume 'local:100/vm-100-disk-${index}.raw'`))
    expect(await context.host.files.stat(join(place.root, 'disk'))).toBeDefined()
    expect(await context.host.files.stat(join(place.root, 'lib/vz/template/iso/vm-100-tools.iso'))).toBeDefined()
    expect(await storedConfig(100, context)).toBeUndefined()
    expect((await context.store.list('vmids')).map(({path}) => path)).toEqual(['vmids/101'])
    expect((await context.store.list('firewall')).map(({path}) => path)).toEqual(['firewall/101.fw'])
    expect(await readJournals(context.store)).toEqual([])
    await qm('create', {vmid: 100, scsi0: 'local:0.01'}, context)
  })

  it('leaves volumes that nobody names, unless told otherwise', async () => {
    const {place, context} = await roomWith({scsi0: 'local:0.01'})
    await writeFile(join(place.root, 'lib/vz/images/100/vm-100-disk-7.raw'), Buffer.alloc(512))
    const outcome = await outcomeOf('destroy', {vmid: 100, 'destroy-unreferenced-disks': true}, context, {dryRun: true})
    expect(outcome).toMatchObject({plan: {whenInterrupted: 'finish', steps: [{do: {volume: 'local:100/vm-100-disk-0.raw'}}, {do: {volume: 'local:100/vm-100-disk-7.raw'}}, {}]}})
    await qm('destroy', {vmid: 100}, context)
    expect(await images(place)).toEqual(['100/vm-100-disk-7.raw'])
    await qm('create', {vmid: 100}, context)
    await qm('destroy', {vmid: 100, 'destroy-unreferenced-disks': true}, context)
    expect(await images(place)).toEqual([])
  })

  it('locks the storage of a disk that was given while it waited for its locks', async () => {
    const {place, context} = await roomWith({scsi0: 'local:0.01'})
    await qm('create', {vmid: 101}, context)
    await context.store.commit({put: {'storage.cfg': `dir: fast\n\tpath ${place.root}/fast\n\tcontent images\n`}})
    let isGiven = false
    const removedUnder: string[][] = []
    const store: Store = {...context.store, lock: async (name, options) => {
      if (!isGiven) {
        isGiven = true
        await qm('set', {vmid: 100, scsi1: 'fast:0.01'}, context)
      }
      return context.store.lock(name, options)
    }}
    const actionKind: Context['actionKind'] = async (kind) => {
      const found = await context.actionKind(kind)
      return kind !== 'volume.remove' ? found : {...found, run: async (action, held) => {
        removedUnder.push(held.fences.flatMap(({lock}) => lock ?? []))
        await found.run(action, held)
      }}
    }
    await qm('destroy', {vmid: 100}, {...context, store, actionKind})
    expect(removedUnder).toEqual([['guest/100', 'storage/fast', 'storage/local'], ['guest/100', 'storage/fast', 'storage/local']])
    expect(await storedConfig(100, context)).toBeUndefined()
    expect(await context.host.files.list(join(place.root, 'fast/images'))).toEqual([])
  })

  it('forgets the machine in jobs when it is purged', async () => {
    const {context} = await roomWith({})
    const jobs = 'vzdump: nightly\n\tschedule daily\n\tvmid 100,101\n'
    await context.store.commit({put: {'jobs.cfg': jobs}})
    await qm('destroy', {vmid: 100}, context)
    expect((await context.store.read('jobs.cfg'))?.data).toBe(jobs)
    await qm('create', {vmid: 100}, context)
    await qm('destroy', {vmid: 100, purge: true}, context)
    expect((await context.store.read('jobs.cfg'))?.data).toBe('vzdump: nightly\n\tschedule daily\n\tvmid 101\n')
  })

  it('goes on when a volume is gone already, and says which it cannot reach', async () => {
    const {place, context} = await roomWith({scsi0: 'local:0.01'})
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': 'scsi0: local:100/vm-100-disk-0.raw\nscsi1: gone:100/vm-100-disk-0.raw\nscsi2: local:100/vm-100-disk-9.raw\n'}})
    await qm('destroy', {vmid: 100}, context)
    expect(place.lines.join('\n')).toContain("WARN: gone:100/vm-100-disk-0.raw is left behind: there is no storage 'gone'")
    expect(await images(place)).toEqual([])
  })
})

describe('qm destroy refuses', () => {
  it('what is not there, locked, protected or running', async () => {
    const {place, context} = await roomWith({scsi0: 'local:0.01'})
    await expect(qm('destroy', {vmid: 999}, context)).rejects.toThrow(NotFoundError)
    await qm('set', {vmid: 100, protection: true}, context)
    await expect(qm('destroy', {vmid: 100}, context)).rejects.toThrow('is protected')
    await qm('set', {vmid: 100, protection: false, lock: 'backup'}, context)
    await expect(qm('destroy', {vmid: 100}, context)).rejects.toThrow(ConflictError)
    await expect(qm('destroy', {vmid: 100, skiplock: true}, {...context, caller: {user: 'ann@pam', isRoot: false}})).rejects.toThrow(ForbiddenError)
    const end = await pretendRunning(100, context)
    try {
      await expect(qm('destroy', {vmid: 100, skiplock: true}, context)).rejects.toThrow('virtual machine 100 is running')
    } finally {
      await end()
    }
    expect(await images(place)).toEqual(['100/vm-100-disk-0.raw'])
    expect(await storedConfig(100, context)).toBeDefined()
    await qm('destroy', {vmid: 100, skiplock: true}, context)
    expect(await images(place)).toEqual([])
  })

  it('to orphan disks on a storage that is switched off', async () => {
    const {place, context} = await roomWith({scsi0: 'local:0.01'})
    await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${place.root}/lib/vz\n\tcontent images\n\tdisable 1\n`}})
    await expect(qm('destroy', {vmid: 100}, context)).rejects.toThrow("storage 'local' is disabled")
    expect(await storedConfig(100, context)).toBeDefined()
  })
})
