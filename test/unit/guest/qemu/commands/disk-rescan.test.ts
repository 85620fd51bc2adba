// qm disk rescan and qm disk unlink, on a real store and a real folder of images.
import {copyFile, truncate} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {InvalidInputError, NotFoundError} from '../../../../../src/lib/base/index.ts'
import {images, machineRoom, outcomeOf, qm, storedConfig, storedKey} from '../support/run-qm.ts'

async function roomWithLostVolume() {
  const place = await machineRoom()
  const context = await place.open()
  await qm('create', {vmid: 100, scsi0: 'local:0.01'}, context)
  await qm('create', {vmid: 101, scsi0: 'local:0.01'}, context)
  const folder = join(place.root, 'lib/vz/images/100')
  await truncate(join(folder, 'vm-100-disk-0.raw'), 64 * 1024 ** 2)
  await copyFile(join(folder, 'vm-100-disk-0.raw'), join(folder, 'vm-100-disk-5.raw'))
  return {place, context}
}

describe('qm disk rescan', () => {
  it('corrects sizes and names lost volumes, of all machines of the node', async () => {
    const {context} = await roomWithLostVolume()
    const other = await storedConfig(101, context)
    expect(await qm('disk rescan', {}, context)).toEqual([
      'VM 100: scsi0 has 64M, not 10488K', 'VM 100: the volume local:100/vm-100-disk-5.raw, which nothing uses, is unused0 now',
    ])
    expect(await storedKey(100, 'scsi0', context)).toBe('local:100/vm-100-disk-0.raw,size=64M')
    expect(await storedKey(100, 'unused0', context)).toBe('local:100/vm-100-disk-5.raw')
    expect(await storedConfig(101, context)).toBe(other)
    expect(await qm('disk rescan', {}, context)).toEqual([])
  })

  it('changes nothing with dryrun, with --dry-run, and for another machine', async () => {
    const {context} = await roomWithLostVolume()
    const before = await storedConfig(100, context)
    expect(await qm('disk rescan', {dryrun: true}, context)).toHaveLength(2)
    const planned = await outcomeOf('disk rescan', {}, context, {dryRun: true})
    expect(planned.outcome === 'planned' ? planned.lines.join('\n') : '').toContain('+unused0: local:100/vm-100-disk-5.raw')
    expect(await qm('disk rescan', {vmid: 101}, context)).toEqual([])
    expect(await storedConfig(100, context)).toBe(before)
    await expect(qm('disk rescan', {vmid: 102}, context)).rejects.toThrow(NotFoundError)
  })

  it('leaves out a storage that cannot be reached and a configuration that cannot be read', async () => {
    const {place, context} = await roomWithLostVolume()
    await context.store.commit({put: {
      'storage.cfg': 'dir: off\n\tpath /nowhere\n\tcontent images\n\tdisable 1\n\ndir: gone\n\tpath /nowhere/at/all\n\tcontent images\n\tis_mountpoint yes\n',
      'nodes/h1/qemu-server/102.conf': 'cores: 1\nnonsense\n',
    }})
    expect(await qm('disk rescan', {}, context)).toHaveLength(2)
    expect(place.lines.filter((line) => line.includes('virtual machine 102 is left out'))).not.toEqual([])
    expect(place.lines.filter((line) => line.includes("storage 'gone' was not searched"))).not.toEqual([])
    expect(await storedConfig(102, context)).toBe('cores: 1\nnonsense\n')
  })
})

describe('qm disk unlink', () => {
  it('keeps a disk as an unused one, and removes that with its data', async () => {
    const place = await machineRoom()
    const context = await place.open()
    await qm('create', {vmid: 100, scsi0: 'local:0.01', scsi1: 'local:0.01'}, context)
    await qm('disk unlink', {vmid: 100, idlist: 'scsi1'}, context)
    expect(await storedKey(100, 'unused0', context)).toBe('local:100/vm-100-disk-1.raw')
    await qm('disk unlink', {vmid: 100, idlist: 'unused0'}, context)
    await qm('disk unlink', {vmid: 100, idlist: 'scsi0', force: true}, context)
    expect(await images(place)).toEqual([])
  })

  it('is for disks only', async () => {
    const context = await (await machineRoom()).open()
    await qm('create', {vmid: 100, net0: 'virtio'}, context)
    await expect(qm('disk unlink', {vmid: 100, idlist: 'net0'}, context)).rejects.toThrow(InvalidInputError)
    await expect(qm('disk unlink', {vmid: 100}, context)).rejects.toThrow(/idlist/)
  })
})
