// Which backups single files can be taken out of.
import {UnsupportedError} from '../../../base/index.ts'
import type {OpenBackup} from '../open-backup.ts'

/** @throws UnsupportedError for the backup of a virtual machine */
export function assertHasFiles({archive: {format, fileName}}: OpenBackup): void {
  if (format === 'tar') return
  throw new UnsupportedError(`${fileName} holds the disks of a virtual machine, in which single files are not looked for`, {
    nextSteps: ['Restore it under another number, and add its disk to a machine that can read it: qmrestore ARCHIVE VMID --unique'],
  })
}
