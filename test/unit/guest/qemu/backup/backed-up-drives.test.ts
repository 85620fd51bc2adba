import {describe, expect, it} from 'vitest'
import {archivedText, chooseDrives} from '../../../../../src/lib/guest/qemu/backup/backed-up-drives.ts'

const values = {
  bios: 'ovmf', virtio1: 'local:100/b.qcow2,size=2G,iothread=1', scsi0: 'local-lvm:vm-100-disk-0,size=1G', scsi1: 'local:100/c.raw,backup=0', ide2: 'local:iso/a.iso,media=cdrom',
  ide0: 'none', efidisk0: 'local:100/efi.raw,efitype=4m,size=528K', tpmstate0: 'local:100/tpm.raw,size=4M,version=v2.0', unused0: 'local:100/old.raw',
}

describe('the drives in a backup', () => {
  it('are all that hold data of the machine, but for those that are to be left out', () => {
    const {included, remarks} = chooseDrives(values)
    expect(included.map(({key, name}) => [key, name])).toEqual([['scsi0', 'drive-scsi0'], ['virtio1', 'drive-virtio1'], ['efidisk0', 'drive-efidisk0'], ['tpmstate0', 'drive-tpmstate0-backup']])
    expect(remarks).toEqual([
      "include disk 'scsi0' 'local-lvm:vm-100-disk-0' 1G", "exclude disk 'scsi1' 'local:100/c.raw' (backup=no)", "include disk 'virtio1' 'local:100/b.qcow2' 2G",
      "include disk 'efidisk0' 'local:100/efi.raw' 528K", "include disk 'tpmstate0' 'local:100/tpm.raw' 4M", "skip unused drive 'local:100/old.raw' (not included into backup)",
    ])
  })

  it('leave out the variables of a firmware that the machine does not have', () => {
    expect(chooseDrives({...values, bios: 'seabios'}).included.map(({key}) => key)).not.toContain('efidisk0')
  })
})

describe('the configuration in a backup', () => {
  it('is what is in force, with the lines that tell which disk is which', () => {
    const text = '#a note\nlock: backup\nmemory: 64\nparent: first\nscsi0: local:100/a.raw,size=1G\nunused0: local:100/old.raw\n#qmdump#map:scsi9:x:y:z:\n\n[PENDING]\nmemory: 128\n\n[first]\nmemory: 32\n'
    expect(archivedText(text, [{key: 'scsi0', name: 'drive-scsi0', storage: 'local', format: 'raw'}, {key: 'scsi1', name: 'drive-scsi1', storage: '', format: 'raw'}]))
      .toBe('#a note\nmemory: 64\nscsi0: local:100/a.raw,size=1G\n#qmdump#map:scsi0:drive-scsi0:local:raw:\n#qmdump#map:scsi1:drive-scsi1::raw:\n')
  })
})
