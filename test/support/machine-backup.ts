// A backup of a small virtual machine for tests: a VMA archive as vzdump names it, with two disks.
import {createHash} from 'node:crypto'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {vmaArchive} from './vma-archive.ts'

export const backupName = 'vzdump-qemu-100-2026_01_31-12_00_00.vma'

export interface MachineBackup {
  readonly path: string
  /** What the disks hold. */
  readonly scsi0: Buffer
  readonly scsi1: Buffer
}

/** What is in it. @param more lines of the configuration */
export function backedUpMachine(more = ''): Omit<MachineBackup, 'path'> & {readonly config: string} {
  const config = `boot: order=scsi0\nkvm: 0\nmemory: 64\nname: web\nnet0: virtio=BC:24:11:00:00:07\nscsi0: local:100/vm-100-disk-0.qcow2,size=3M\nscsi1: local:100/vm-100-disk-1.raw,size=300K
smbios1: uuid=ddf91b3f-a597-42be-9a7e-fb6421dcd5cd\n${more}#qmdump#map:scsi0:drive-scsi0:local:qcow2:\n#qmdump#map:scsi1:drive-scsi1:local:raw:\n`
  return {scsi0: disk(3 * 1024 * 1024, 'first'), scsi1: disk(300 * 1024, 'second'), config}
}

/** @param more lines of the configuration */
export function writeMachineBackup(folder: string, more = '', change: (archive: Buffer) => Buffer = (archive) => archive): MachineBackup {
  const {scsi0, scsi1, config} = backedUpMachine(more)
  mkdirSync(folder, {recursive: true})
  const path = join(folder, backupName)
  writeFileSync(path, change(vmaArchive({configs: [{name: 'qemu-server.conf', text: config}], disks: [{name: 'drive-scsi0', data: scsi0}, {name: 'drive-scsi1', data: scsi1}]})))
  return {path, scsi0, scsi1}
}

/** Every fourth block has something in it. */
function disk(sizeBytes: number, seed: string): Buffer {
  const data = Buffer.alloc(sizeBytes)
  for (let offset = 0; offset < sizeBytes; offset += 16_384) createHash('sha512').update(`${seed}${offset}`).digest().copy(data, offset)
  return data
}
