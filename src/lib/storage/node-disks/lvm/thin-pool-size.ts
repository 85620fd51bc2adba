// How large a thin pool that takes a whole device is made, as Proxmox VE divides it. Pure.
import {InvalidInputError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/size.ts'

const kibibyte = 1024
const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3
/** What stays free: lvm2's own area at the beginning, rounding, and a little for repairs. */
const reserveBytes = 128 * mebibyte

export interface ThinPoolSize { readonly dataKib: number; readonly metadataKib: number }

/**
 * A hundredth is for metadata, at least 1 GiB (lvmthin(7)) and at most 16 GiB, which is the most that lvm2 takes; as much stays free beside it, for
 * the copy with which lvm2 repairs it.
 * @throws InvalidInputError for a device on which that leaves nothing
 */
export function thinPoolSize(deviceBytes: number, path: string): ThinPoolSize {
  const usable = deviceBytes - reserveBytes
  const metadata = Math.min(Math.max(Math.floor(usable / 100), gibibyte), 16 * gibibyte)
  const data = usable - 2 * metadata
  if (data < 4 * mebibyte) {
    throw new InvalidInputError(`${path} is too small for a thin pool: it has ${formatSize(deviceBytes)}, of which the metadata alone takes twice ${formatSize(metadata)}`, {device: 'is too small'}, {
      nextSteps: ['On a small disk a plain volume group does well: corral disk lvm create'],
    })
  }
  return {dataKib: Math.floor(data / kibibyte), metadataKib: Math.floor(metadata / kibibyte)}
}
