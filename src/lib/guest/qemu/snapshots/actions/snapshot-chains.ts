// Takes a snapshot of all disks that a running QEMU has open and whose snapshots are files of their own, at one moment; and takes it back.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {runtimeStatus} from '../../runtime/status.ts'
import type {OpenDrive} from '../chains/open-disk.ts'
import {dropOpen, takeOpen} from '../chains/open-disk.ts'

export interface SnapshotChains extends Action {
  readonly kind: 'qemu.snapshot-chains'
  readonly vmid: number
  readonly name: string
  readonly disks: readonly OpenDrive[]
}

export interface DropChains extends Action {
  readonly kind: 'guest.drop-chains'
  readonly vmid: number
  readonly name: string
  readonly disks: readonly OpenDrive[]
}

export const snapshotChainsAction = defineAction<SnapshotChains>({
  kind: 'qemu.snapshot-chains',
  conflictMeansUntouched: true,
  describe: ({name, disks}) => disks.map(({key, volume}) => `# QMP: QEMU goes on in a new file for ${key}; what ${volume} was is kept as snapshot '${name}' (blockdev-snapshot)`),
  run: async ({vmid, name, disks}, context) => {
    await takeOpen(vmid, name, disks, context)
    for (const {volume} of disks) context.log.info(`took snapshot '${name}' of '${volume}'`)
  },
})

export const dropChainsAction = defineAction<DropChains>({
  kind: 'guest.drop-chains',
  describe: ({name, disks}) => disks.map(({key}) => `# QMP: block-stream of snapshot '${name}' of ${key}`),
  run: async ({vmid, name, disks}, context) => {
    for (const disk of disks) {
      if (await runtimeStatus(vmid, context) !== undefined && await dropOpen(vmid, name, disk, context)) continue
      await (await context.actionKind('volume.drop-snapshot')).run({kind: 'volume.drop-snapshot', volume: disk.volume, name}, context)
    }
  },
})
