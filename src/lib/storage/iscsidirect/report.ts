// What iscsi-ls and iscsi-readcapacity16 of libiscsi tell. Pure.

export interface FoundTarget {
  readonly target: string
  /** Address and port at which the portal says that it is. */
  readonly portal: string
  /** The tag of the portal group. */
  readonly group: number
  /** The numbers of the LUNs that are disks. */
  readonly luns: readonly number[]
}

/** More than any portal has; it bounds what a strange server can make of us. */
const maxTargets = 10_000
const maxLuns = 16_384

/**
 * Targets in the order of the report; one that several portals lead to stands there once for each.
 * `Target:iqn… Portal:192.0.2.10:3260,1` is followed by lines as `Lun:1    Type:DIRECT_ACCESS (Size:15M)`. Only disks have a size, and it is
 * rounded, so it is not taken from here.
 */
export function parseTargets(text: string): FoundTarget[] {
  const found: (FoundTarget & {luns: number[]})[] = []
  for (const line of text.split('\n')) {
    const [, target, portal, group] = /^Target:(\S{1,223}) Portal:([^\s,]{1,300}),(\d{1,5})\s*$/.exec(line) ?? []
    if (target !== undefined && portal !== undefined && found.length < maxTargets) found.push({target, portal, group: Number(group), luns: []})
    const lun = /^Lun:(\d{1,5})\s{1,20}Type:\S{1,40}\s{1,20}\(Size:/.exec(line)?.[1]
    const current = found.at(-1)
    if (lun !== undefined && current !== undefined && current.luns.length < maxLuns) current.luns.push(Number(lun))
  }
  return found
}

/** The answer of `iscsi-readcapacity16 -s`: bytes, or undefined when it is none. */
export function parseCapacity(text: string): number | undefined {
  const digits = /^(\d{1,16})\s*$/.exec(text)?.[1]
  const bytes = digits === undefined ? NaN : Number(digits)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
