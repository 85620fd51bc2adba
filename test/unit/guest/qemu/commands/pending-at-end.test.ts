// What waits is put into force when a machine has been stopped or shut down, and nothing of it may keep the machine from being stopped.
import {describe, expect, it} from 'vitest'
import {UnavailableError} from '../../../../../src/lib/base/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {images, machineRoom, qm, storedConfig, storedKey} from '../support/run-qm.ts'

async function stoppedWithChanges() {
  const place = await machineRoom()
  const context = await place.open()
  await qm('create', {vmid: 100, scsi0: 'local:0.01', scsi1: 'local:0.01', cores: '1'}, context)
  const before = await storedConfig(100, context)
  await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': `${before ?? ''}\n[PENDING]\ncores: 4\ndelete: scsi0,!scsi1\n`}})
  return {place, context}
}

describe.each(['stop', 'shutdown', 'cleanup'])('qm %s', (command) => {
  const params = command === 'cleanup' ? {vmid: 100, 'clean-shutdown': true, 'guest-requested': false} : {vmid: 100}

  it('applies what waits, keeps one disk and frees the other', async () => {
    const {place, context} = await stoppedWithChanges()
    await qm(command, params, context)
    expect(await storedKey(100, 'cores', context)).toBe('4')
    expect(await storedKey(100, 'unused0', context)).toBe('local:100/vm-100-disk-0.raw')
    expect(await storedConfig(100, context)).not.toContain('PENDING')
    expect(await images(place)).toEqual(['100/vm-100-disk-0.raw'])
  })

  it('leaves what cannot be done now to the next start', async () => {
    const {place, context} = await stoppedWithChanges()
    const waiting = await storedConfig(100, context)
    await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${place.root}/lib/vz\n\tcontent images\n\tdisable 1\n`}})
    await qm(command, params, context)
    expect(await storedConfig(100, context)).toBe(waiting)
    expect(place.lines.join('\n')).toContain('changes of virtual machine 100 go on waiting')
    expect(await images(place)).toHaveLength(2)
  })
})

it('a start that fails leaves the changes waiting and every disk where it is', async () => {
  const {place, context} = await stoppedWithChanges()
  const waiting = `kvm: 0\n${(await storedConfig(100, context))?.replace('cores: 4\n', '') ?? ''}`
  await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': waiting}})
  const actionKind: Context['actionKind'] = async (kind) => {
    const found = await context.actionKind(kind)
    return kind === 'qemu.watch' ? {...found, run: async () => { throw new UnavailableError('nobody watches') }} : found
  }
  await expect(qm('start', {vmid: 100}, {...context, actionKind})).rejects.toThrow('nobody watches')
  expect(await storedConfig(100, context)).toBe(waiting)
  expect(place.lines.join('\n')).toContain('undoing what was done')
  expect(await images(place)).toHaveLength(2)
})

it('a disk on a storage that is configured no more is left behind with a word about it', async () => {
  const {place, context} = await stoppedWithChanges()
  await context.store.commit({put: {'storage.cfg': `dir: other\n\tpath ${place.root}/lib/vz\n\tcontent images\n\ndir: local\n\tpath ${place.root}/lib/vz\n\tcontent images\n`}})
  const text = (await storedConfig(100, context))?.replace('scsi1: local:', 'scsi1: gone:') ?? ''
  await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': text}})
  await qm('stop', {vmid: 100}, context)
  expect(place.lines.join('\n')).toContain("gone:100/vm-100-disk-1.raw is left behind: there is no storage 'gone'")
  expect(await storedKey(100, 'scsi1', context)).toBeUndefined()
})
