// The kinds of action that snapshots of guests are made of, each loaded when a plan has one.
import type {ActionKind} from '../../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'qemu.snapshot-disks': async () => (await import('./snapshot-disks.ts')).snapshotDisksAction,
  'guest.drop-snapshot': async () => (await import('./drop-snapshot.ts')).dropSnapshotAction,
  'guest.drop-snapshots': async () => (await import('./drop-snapshot.ts')).dropSnapshotsAction,
  'guest.roll-back-volume': async () => (await import('./roll-back-volume.ts')).rollBackVolumeAction,
  'guest.make-storages-ready': async () => (await import('./make-storages-ready.ts')).makeStoragesReadyAction,
}
