import {describe, expect, it} from 'vitest'
import {NotFoundError, systemClock} from '../../../../../src/lib/base/index.ts'
import {parseQemuConfig} from '../../../../../src/lib/guest/qemu/config/index.ts'
import {replicatableVolumes} from '../../../../../src/lib/guest/qemu/drives/replicatable-volumes.ts'
import {fakeHost} from '../../../../../src/lib/host/fake/index.ts'
import {plugin as dir} from '../../../../../src/lib/storage/dir/plugin.ts'
import {plugin as nfs} from '../../../../../src/lib/storage/nfs/plugin.ts'
import {plugin as zfspool} from '../../../../../src/lib/storage/zfspool/plugin.ts'

const storageOf = (name: string) => {
  switch (name) {
    case 'tank': return zfspool.open({type: 'zfspool', storage: 'tank', pool: 'tank'}, fakeHost(), systemClock)
    case 'local': return dir.open({type: 'dir', storage: 'local', path: '/srv'}, fakeHost(), systemClock)
    case 'nas': return nfs.open({type: 'nfs', storage: 'nas', server: 'nas', export: '/vm'}, fakeHost(), systemClock)
    default: throw new NotFoundError(`there is no storage '${name}'`)
  }
}
const volumes = (text: string) => replicatableVolumes(100, parseQemuConfig(text), storageOf)

describe('the volumes that a replication would hold', () => {
  it.each([
    ['scsi0: tank:vm-100-disk-1,size=8G\nscsi1: tank:vm-100-disk-0\n', ['tank:vm-100-disk-0', 'tank:vm-100-disk-1']],
    ['efidisk0: tank:vm-100-disk-0,size=4M\nunused3: tank:vm-100-disk-3\nide2: tank:vm-100-cloudinit,media=cdrom\n', ['tank:vm-100-cloudinit', 'tank:vm-100-disk-0', 'tank:vm-100-disk-3']],
    ['scsi0: tank:vm-100-disk-0,replicate=0\n', []],
    ['scsi0: tank:vm-100-disk-0,replicate=0\n\n[before]\nscsi0: tank:vm-100-disk-0\nvmstate: tank:vm-100-state-before\n', ['tank:vm-100-disk-0', 'tank:vm-100-state-before']],
    ['scsi0: nas:100/vm-100-disk-0.raw\nscsi1: tank:vm-200-disk-0\nide2: local:iso/debian.iso,media=cdrom\nide0: none,media=cdrom\n', []],
    ['scsi0: tank:base-9-disk-0/vm-100-disk-0\n', ['tank:base-9-disk-0/vm-100-disk-0']],
    ['scsi0: /dev/sdb,replicate=0\n', []],
  ])('%#: are its own, on storages of this host', (text, expected) => { expect(volumes(text)).toEqual(expected) })

  it.each([
    ['scsi0: /dev/sdb\n', 'invalid-input', /\/dev\/sdb/], ['unused0: local:100/vm-100-disk-0.raw\n', 'unsupported', /vm-100-disk-0\.raw/], ['scsi0: gone:x\n', 'not-found', /gone/],
  ])('%#: or there is none, and the volume is named', (text, kind, message) => {
    expect(() => volumes(text)).toThrow(expect.objectContaining({kind, message: expect.stringMatching(message) as string}) as Error)
  })
})
