// How the memory of a host is shared out among guests whose balloon may be moved (`balloon` below `memory`). Pure. The idea is that of Proxmox
// VE's handbook ("Memory"): when no more than 80 % of the host's memory is in use, what is left up to there goes to these guests on top of
// the least that each is to have, in the proportion of their `shares`; none gets more than its `memory`.

export interface HostMemory {
  readonly totalBytes: number
  /** What could not be given to anybody now. */
  readonly usedBytes: number
}

export interface BalloonGuest {
  readonly vmid: number
  /** `balloon`: it is never left with less. */
  readonly minBytes: number
  /** `memory` */
  readonly maxBytes: number
  /** What it has now. */
  readonly actualBytes: number
  /** Its weight; more than 0. */
  readonly shares: number
}

export interface SharingLimits {
  /** The part of the host's memory that may be in use. */
  readonly target: number
  /** The most that a guest gains or loses at once, in proportion to its maximum: a guest that has to swap needs time. */
  readonly stepPart: number
  readonly leastStepBytes: number
  /** Less is not worth the trouble, but for the last bit up to an end. */
  readonly ignoredBytes: number
}

const mebibyte = 1024 ** 2

export const defaultSharing: SharingLimits = {target: 0.8, stepPart: 0.1, leastStepBytes: 128 * mebibyte, ignoredBytes: 16 * mebibyte}

/** What each guest is to have next, in whole MiB; only those whose share changes. */
export function shareMemory({totalBytes, usedBytes}: HostMemory, guests: readonly BalloonGuest[], limits = defaultSharing): ReadonlyMap<number, number> {
  const spareBytes = totalBytes * limits.target - usedBytes
  // All that these guests may have together: what they have, and what the host can spare or is short of.
  const budgetBytes = guests.reduce((sum, {actualBytes}) => sum + actualBytes, spareBytes)
  const wanted = proportional(budgetBytes, guests)
  const next = new Map<number, number>()
  for (const guest of guests) {
    const bytes = nextStep(guest, wanted.get(guest.vmid) ?? guest.minBytes, limits)
    if (bytes !== undefined) next.set(guest.vmid, bytes)
  }
  return next
}

/** Each its least, and of the rest a part by its shares; what one cannot take goes to the others. */
function proportional(budgetBytes: number, guests: readonly BalloonGuest[]): Map<number, number> {
  const wanted = new Map(guests.map(({vmid, minBytes}) => [vmid, minBytes]))
  let restBytes = guests.reduce((rest, {minBytes}) => rest - minBytes, budgetBytes)
  let open = guests.filter(({minBytes, maxBytes}) => maxBytes > minBytes)
  // Each round fills at least one guest or is the last.
  while (open.length > 0 && restBytes > 0) {
    const allShares = open.reduce((sum, {shares}) => sum + shares, 0)
    const forShare = restBytes / allShares
    const full = open.filter(({minBytes, maxBytes, shares}) => minBytes + shares * forShare >= maxBytes)
    if (full.length === 0) {
      for (const {vmid, minBytes, shares} of open) wanted.set(vmid, minBytes + shares * forShare)
      break
    }
    for (const {vmid, minBytes, maxBytes} of full) {
      wanted.set(vmid, maxBytes)
      restBytes -= maxBytes - minBytes
    }
    open = open.filter((guest) => !full.includes(guest))
  }
  return wanted
}

/** A bounded step towards what is wanted, undefined when it is as good as reached. */
function nextStep({actualBytes, minBytes, maxBytes}: BalloonGuest, wantedBytes: number, {stepPart, leastStepBytes, ignoredBytes}: SharingLimits): number | undefined {
  const stepBytes = Math.max(leastStepBytes, maxBytes * stepPart)
  const moved = Math.min(Math.max(wantedBytes, actualBytes - stepBytes), actualBytes + stepBytes)
  const bytes = Math.min(Math.max(Math.round(moved / mebibyte) * mebibyte, minBytes), maxBytes)
  const isAtAnEnd = bytes === minBytes || bytes === maxBytes
  return bytes === actualBytes || (Math.abs(bytes - actualBytes) < ignoredBytes && !isAtAnEnd) ? undefined : bytes
}
