// What the iSCSI targets of servers have in common: LUNs that are devices, and numbers that are found and given. A provider knows programs and
// their reports, and nothing of guests.
import type {ZfsIscsiOptions} from '../options.ts'

export interface ExportedLun {
  readonly lun: number
  readonly device: string
  /** The provider's own name for what it exports, needed to remove it. */
  readonly unit: string
}

export interface NewLun {
  readonly lun: number
  readonly device: string
  /** The volume's name with its dataset, as a name for the unit: `tank-vm-100-disk-0`. */
  readonly name: string
  readonly isReadOnly: boolean
}

/** Runs a program on the server to its end and gives its output. @throws as Host.run */
export type RunOnServer = (argv: readonly string[]) => Promise<string>

export interface LunProvider {
  /** What the server exports by the target; undefined when it has no such target. */
  luns(options: ZfsIscsiOptions, run: RunOnServer): Promise<readonly ExportedLun[] | undefined>
  add(options: ZfsIscsiOptions, run: RunOnServer, lun: NewLun): Promise<void>
  remove(options: ZfsIscsiOptions, run: RunOnServer, lun: ExportedLun): Promise<void>
  /** The device has grown. */
  resized(options: ZfsIscsiOptions, run: RunOnServer, lun: ExportedLun, sizeBytes: number): Promise<void>
  /** Pure: what a change runs, for a dry run; numbers that are not known yet are words. */
  shown(options: ZfsIscsiOptions, change: 'add' | 'remove' | 'resize', lun: Pick<NewLun, 'device' | 'name'>): readonly (readonly string[])[]
}

/** Numbers that a target takes: tgt and LIO by default have these. */
const lunCount = 16_384

/** The lowest number that no LUN has. Pure. */
export function freeLun(taken: Iterable<number>): number | undefined {
  const numbers = new Set(taken)
  // 0 is the controller of tgt.
  for (let lun = 1; lun < lunCount; lun++) {
    if (!numbers.has(lun)) return lun
  }
  return undefined
}
