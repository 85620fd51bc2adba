// What a drive option asks for: a new volume (`local:32`), one that exists (`local:100/vm-100-disk-0.raw`), a path, or an empty
// tray. Pure; whether it can be had is decided in plan-drives.ts.
import {InvalidInputError} from '../../../base/index.ts'
import {wholeBlocks} from '../../../spec/size.ts'

export type DriveSource =
  /** `none` or the host's own `cdrom`. */
  | {readonly kind: 'empty'}
  | {readonly kind: 'new'; readonly storage: string; readonly sizeBytes: number}
  /** A new drive for cloud-init: `local:cloudinit`. */
  | {readonly kind: 'cloud-init'; readonly storage: string}
  | {readonly kind: 'volume'}
  | {readonly kind: 'path'}

const gib = 1024 ** 3
/** The largest size that a number of bytes holds exactly, in GiB (8 PiB). */
const maxSizeGib = Number.MAX_SAFE_INTEGER / gib

/**
 * Reads the `file` of a drive option. A new volume is `STORAGE:SIZE`, in GiB and with a fraction if need be (qm(1)); sizes are rounded
 * up to whole blocks of 4 KiB (Proxmox VE: to whole KiB, with which a raw disk may not start).
 * @throws InvalidInputError naming the drive
 */
export function readDriveSource(key: string, file: string): DriveSource {
  if (file === 'none' || file === 'cdrom') return {kind: 'empty'}
  if (file.startsWith('/')) return {kind: 'path'}
  const cloudInit = /^([^:/\s]+):cloudinit$/.exec(file)
  if (cloudInit !== null) return {kind: 'cloud-init', storage: cloudInit[1] as string}
  const fresh = /^([^:/\s]+):(\d{1,64}(?:\.\d{1,64})?)$/.exec(file)
  if (fresh !== null) {
    const sizeGib = Number(fresh[2])
    if (!(sizeGib > 0)) throw wrong(key, `a new disk needs a size above 0 GiB, not '${fresh[2]}'`)
    if (sizeGib > maxSizeGib) throw wrong(key, `a disk of ${fresh[2]} GiB is larger than any storage can hold`)
    return {kind: 'new', storage: fresh[1] as string, sizeBytes: wholeBlocks(sizeGib * gib)}
  }
  if (/^[^:/\s]+:\S/.test(file)) return {kind: 'volume'}
  throw wrong(key, `'${file.slice(0, 80)}' is neither a volume (STORAGE:NAME), a new disk (STORAGE:SIZE in GiB), a path, 'none' nor 'cdrom'`)
}

function wrong(key: string, reason: string): InvalidInputError {
  return new InvalidInputError(`${key}: ${reason}`, {[key]: reason})
}
