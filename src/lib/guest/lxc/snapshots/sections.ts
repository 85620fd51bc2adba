// Snapshots in pct.conf: guest/snapshots, bound to containers. What a snapshot keeps are the volumes and the configuration, with raw lines for LXC; a container
// has no memory that could be kept.
import {snapshotSections} from '../../snapshots/sections.ts'
import type {SnapshotType} from '../../snapshots/snapshot-type.ts'
import {dropUsedUnused, formatLxcConfig, isMountKey, registerUnused} from '../config/index.ts'
import {lxcKind} from '../kind.ts'

export const lxcSnapshots: SnapshotType = {kind: lxcKind, isVolumeKey: isMountKey, formatConfig: formatLxcConfig, registerUnused, dropUsedUnused}

export const {
  assertNameIsFree, existingSnapshot, withNewSection, withTakenSnapshot, withSnapshotInForce, assertNoTemplate, assertComplete,
} = snapshotSections(lxcSnapshots)
