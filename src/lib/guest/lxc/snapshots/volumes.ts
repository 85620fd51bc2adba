// The volumes of a container that a snapshot is made of: its root file system and its mount points, in the order in which they are mounted.
import type {SectionVolumes} from '../../snapshots/snapshot-volumes.ts'
import {mountPoints} from '../config/index.ts'

const advice = [
  'Storages with snapshots of raw volumes and folders are zfspool, btrfs, lvmthin and rbd; on a plain folder containers have none.',
  'Move what lies elsewhere: pct move-volume <vmid> <volume> <storage>',
]

/** Folders and devices of the host are among them: they have no snapshots, and a container that has some is told so. */
export function volumesOf(values: Readonly<Record<string, string>>): SectionVolumes {
  return {noun: 'volume', volumes: mountPoints(values).map(({key, source}) => ({key, file: source})), advice}
}
