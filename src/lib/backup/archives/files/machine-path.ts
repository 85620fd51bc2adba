// Paths in the backup of a virtual machine: the disk, the partition, and what is in its file system: /scsi0/1/etc/hosts. A disk without partitions has `raw` in their place. Pure.
import {InvalidInputError} from '../../../base/index.ts'

/** In the place of a partition's number: the disk as a whole. */
export const wholeDisk = 'raw'

export interface MachinePath {
  /** As in the configuration: `scsi0`. */
  readonly disk?: string
  /** A number, or `raw`. */
  readonly partition?: number | typeof wholeDisk
  /** Below it, without a slash before it; empty for its root. Absent where no partition is named. */
  readonly within?: string
}

/** @param path without slashes before and behind it @throws InvalidInputError when it cannot be one */
export function parseMachinePath(path: string): MachinePath {
  const [disk, partition, ...within] = path.split('/').filter((part) => part !== '')
  if (disk === undefined) return {}
  if (partition === undefined) return {disk: diskKey(disk)}
  const number = /^[1-9]\d{0,3}$/.test(partition) ? Number(partition) : undefined
  if (number === undefined && partition !== wholeDisk) {
    throw new InvalidInputError(`'${partition.slice(0, 60)}' is no partition`, {path: `must be /DISK/PARTITION/…, where the partition is a number or ${wholeDisk}`}, {nextSteps: [`See which there are: corral backup files list VOLUME /${disk}`]})
  }
  return {disk: diskKey(disk), partition: number ?? wholeDisk, within: within.join('/')}
}

/** Pure: `scsi0` of `drive-scsi0`, as archives name it. */
export function diskKey(name: string): string {
  return name.startsWith('drive-') ? name.slice('drive-'.length) : name
}
