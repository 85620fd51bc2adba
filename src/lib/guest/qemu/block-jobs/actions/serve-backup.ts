// Begins to serve the disks of a backup in a repository, for a machine that is started on them, and ends that. They are served by the worker, so an end of the worker ends
// it too; `qemu.finish-import` begins anew.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {endServing, serveBackup as serve} from '../served-backups.ts'

export interface ServeBackup extends Action {
  readonly kind: 'qemu.serve-backup'
  readonly vmid: number
  /** The volume id of the backup. */
  readonly backup: string
}

export const serveBackup = defineAction<ServeBackup>({
  kind: 'qemu.serve-backup',
  describe: ({backup}) => [`# serve the disks in ${backup} to QEMU (NBD)`],
  run: async ({backup, vmid}, context) => { await serve(backup, vmid, context) },
})

export interface EndServing extends Action {
  readonly kind: 'qemu.end-serving'
  readonly vmid: number
}

export const endServingBackup = defineAction<EndServing>({
  kind: 'qemu.end-serving',
  describe: () => ['# serve the backup no more'],
  run: ({vmid}, context) => endServing(vmid, context),
})
