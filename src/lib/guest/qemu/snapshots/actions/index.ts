// The kinds of action that snapshots of virtual machines are made of, each loaded when a plan has one.
import type {ActionKind} from '../../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'qemu.snapshot-disks': async () => (await import('./snapshot-disks.ts')).snapshotDisksAction,
  'qemu.snapshot-chains': async () => (await import('./snapshot-chains.ts')).snapshotChainsAction,
  'guest.drop-chains': async () => (await import('./snapshot-chains.ts')).dropChainsAction,
  'guest.drop-snapshot': async () => (await import('./drop-snapshot.ts')).dropSnapshotAction,
  'guest.drop-snapshots': async () => (await import('./drop-snapshot.ts')).dropSnapshotsAction,
  'guest.roll-back-volume': async () => {
    const [{rollBackVolumeAction}, {qemuKind}] = await Promise.all([import('../../../snapshots/actions/roll-back-volume.ts'), import('../../guest-files.ts')])
    return rollBackVolumeAction('guest.roll-back-volume', qemuKind)
  },
  'guest.make-storages-ready': async () => (await import('../../../snapshots/actions/make-storages-ready.ts')).makeStoragesReadyAction,
}
