// What snapshots of guests depend on, of the type of guest. Bound to a type, the modules beside this one are that type's.
import type {GuestConfig} from '../guest-config.ts'
import type {GuestKind} from '../guest-files.ts'
import type {VolumeBookkeeping} from '../pending.ts'

export interface SnapshotType extends Pick<VolumeBookkeeping, 'dropUsedUnused' | 'registerUnused'> {
  readonly kind: GuestKind
  /** Whether a key names a volume, `unusedN` apart. */
  readonly isVolumeKey: (key: string) => boolean
  readonly formatConfig: (config: GuestConfig) => string
}
