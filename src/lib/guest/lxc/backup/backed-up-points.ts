// Which volumes of a container are in its backup, and what is said of the others. Pure.
import type {BackupVolume} from '../../backup/backup-type.ts'
import {mountPointFormat, mountPoints} from '../config/index.ts'
import type {MountPoint} from '../config/index.ts'
import {readProperties} from '../../read-properties.ts'

export interface BackedUpPoints {
  /** rootfs first. */
  readonly included: readonly MountPoint[]
  /** The paths of all mount points: what lies beneath them is hidden from the container, and in no backup. */
  readonly paths: readonly string[]
  readonly remarks: readonly string[]
}

/** A volume with `backup=1`, and the root file system always (pct.conf(5)); folders and devices of the host never. */
export function backedUpPoints(values: Readonly<Record<string, string>>): BackedUpPoints {
  const points = mountPoints(values).map((point) => ({point, why: whyNot(point, values[point.key] ?? '')}))
  return {
    included: points.filter(({why}) => why === undefined).map(({point}) => point),
    paths: points.map(({point}) => point.path).filter((path) => path !== '/'),
    remarks: points.map(({point: {key, path}, why}) => why === undefined ? `${key} (${path}) is in the backup` : `${key} (${path}) is not in the backup: ${why}`),
  }
}

/** All of them, with whether a backup takes them in. */
export function backupVolumes(values: Readonly<Record<string, string>>): BackupVolume[] {
  return mountPoints(values).map((point) => {
    const why = whyNot(point, values[point.key] ?? '')
    return {key: point.key, volume: point.source, isIncluded: why === undefined, reason: why ?? (point.key === 'rootfs' ? 'the root file system' : 'backup=1')}
  })
}

function whyNot({key, type, source}: MountPoint, text: string): string | undefined {
  if (key === 'rootfs') return undefined
  if (type !== 'volume') return `it is the ${type === 'bind' ? 'folder' : 'device'} ${source} of the host`
  return readProperties(key, text, mountPointFormat).backup === true ? undefined : 'it has no backup=1'
}
