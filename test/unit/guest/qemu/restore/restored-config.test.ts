import {describe, expect, it} from 'vitest'
import {archivedDrives, restoredText} from '../../../../../src/lib/guest/qemu/restore/restored-config.ts'

const text = `#a machine\nboot: order=scsi0\nlock: backup\nmemory: 64\nnet0: virtio=BC:24:11:00:00:07,bridge=vmbr0\nparent: daily\nscsi0: fast:vm-100-disk-0,discard=on,format=raw,size=8G
scsi1: local:100/vm-100-disk-3.raw,backup=0,size=1G\nide2: none,media=cdrom\nsmbios1: uuid=ddf91b3f-a597-42be-9a7e-fb6421dcd5cd\nunused0: local:100/vm-100-disk-9.raw\nvmgenid: 11111111-a597-42be-9a7e-fb6421dcd5cd
#qmdump#map:scsi0:drive-scsi0:fast:raw:\n#qmdump#map:efidisk0:drive-efidisk0:::\n#vzdump#old\n[daily]\nmemory: 32\n`
const sources = {newUuid: () => 'NEW', newMac: async () => 'BC:24:11:99:99:99'}
const volumes = {scsi0: 'local:200/vm-200-disk-0.qcow2'}

describe('a configuration out of a backup', () => {
  it('tells which drives are in the archive', () => {
    expect(archivedDrives(text)).toEqual([
      {key: 'scsi0', name: 'drive-scsi0', storage: 'fast', format: 'raw'}, {key: 'efidisk0', name: 'drive-efidisk0', storage: undefined, format: undefined},
    ])
    expect(archivedDrives('#qmdump#map:net0:drive-net0:local:raw:\n#qmdump#map:scsi0:../x:local:raw:\nscsi0: local:8\n')).toEqual([])
  })

  it('has its drives on the new volumes, and nothing that was the other machine\'s alone', async () => {
    expect(await restoredText(text, {volumes, others: {scsi1: undefined}, isUnique: false}, sources)).toBe(
      '#a machine\nboot: order=scsi0\nmemory: 64\nnet0: virtio=BC:24:11:00:00:07,bridge=vmbr0\nscsi0: local:200/vm-200-disk-0.qcow2,discard=on,size=8G\nide2: none,media=cdrom\n'
      + 'smbios1: uuid=ddf91b3f-a597-42be-9a7e-fb6421dcd5cd\nvmgenid: NEW',
    )
  })

  it('gets another identity when it is to be unique', async () => {
    const unique = await restoredText(text, {volumes, others: {scsi1: undefined}, isUnique: true}, sources)
    expect(unique).toContain('net0: virtio=BC:24:11:99:99:99,bridge=vmbr0\n')
    expect(unique).toContain('smbios1: uuid=NEW\n')
    expect(await restoredText('vmgenid: 0', {volumes: {}, isUnique: true}, sources)).toBe('vmgenid: 0')
  })
})
