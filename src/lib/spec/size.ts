// Sizes of disks and files as Proxmox VE writes them (`32G`, `528K`, `4194304`), and the conversion between its units.
import {InvalidInputError} from '../base/index.ts'

const suffixes = ['', 'K', 'M', 'G', 'T'] as const

/**
 * Bytes of a disk size such as `32G`, `4.5M` or `1024` (bytes). The suffixes are powers of 1024, as in the `size=` of a drive.
 * @throws InvalidInputError when it is not of that form, or larger than a number can hold exactly.
 */
export function parseSize(text: string): number {
  const match = /^(\d{1,16}(?:\.\d{1,9})?)([KMGT]?)$/.exec(text)
  if (match === null) throw new InvalidInputError(`'${shorten(text)}' is not a size; write a number with K, M, G or T behind it, such as 32G`)
  const bytes = Math.trunc(Number(match[1]) * 1024 ** suffixes.indexOf(match[2] as (typeof suffixes)[number]))
  if (!Number.isSafeInteger(bytes)) throw new InvalidInputError(`the size '${text}' is too large; the largest is 8191T`)
  return bytes
}

/** The shortest exact form of a size: 34359738368 is `32G`, 1536 is `1536`, as in the `size=` of a drive. */
export function formatSize(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && value % 1024 === 0 && unit < suffixes.length - 1) {
    value /= 1024
    unit++
  }
  return `${value}${suffixes[unit] ?? ''}`
}

const blockBytes = 4096

/**
 * A disk's size in whole blocks of 4 KiB, rounded up: QEMU reads past the page cache in blocks as large as the file system wants them, which may be as
 * large as this, and cannot open a raw image that ends within one.
 */
export function wholeBlocks(bytes: number): number {
  return Math.ceil(bytes / blockBytes) * blockBytes
}

const units = ['b', 'kb', 'mb', 'gb', 'tb', 'pb'] as const
export type SizeUnit = (typeof units)[number]

/**
 * A size in another unit, each 1024 of the one before it. Whole numbers only: `rounding` says which way (`none` keeps the fraction).
 * @throws InvalidInputError for an unknown unit, no value, or a value that is not a positive decimal number.
 */
export function convertSize(
  value: string | number | null | undefined, from: string, to: string, rounding: 'ceil' | 'floor' | 'none' = 'ceil',
): number {
  const fromIndex = units.indexOf(from as SizeUnit)
  const toIndex = units.indexOf(to as SizeUnit)
  if (fromIndex < 0 || toIndex < 0) throw new InvalidInputError(`sizes cannot be converted from '${from}' to '${to}'; the units are ${units.join(', ')}`)
  if (value === null || value === undefined || value === '') throw new InvalidInputError('there is no size to convert')
  const text = String(value)
  if (!/^\d{1,20}(?:\.\d{1,20})?$/.test(text)) throw new InvalidInputError(`'${shorten(text)}' is not a positive decimal number`)
  const converted = Number(text) * 1024 ** (fromIndex - toIndex)
  return rounding === 'none' ? converted : rounding === 'floor' ? Math.floor(converted) : Math.ceil(converted)
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
