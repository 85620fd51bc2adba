// What a host needs set beside its packages, worked out from the files in which it would stand. Pure. The list is short on purpose: what Debian
// sets by itself, and what could cut the connection over which it would be set (bridges, forwarding), is not on it.

/** A range of user or group ids for root, of which unprivileged containers take theirs (subuid(5)); lxc(7) needs one of 65,536. */
export interface IdRange {
  readonly kind: 'subuids' | 'subgids'
  readonly start: number
}

export interface IdFiles {
  /** The lines of /etc/subuid and /etc/subgid. */
  readonly subuids: readonly string[]
  readonly subgids: readonly string[]
}

export const idCount = 65_536
const firstStart = 100_000
/** Ids are 32-bit numbers, and the last of them means none. */
const endOfIds = 2 ** 32 - 1

/** The ranges that root lacks; both begin at the same number, which no other user has. */
export function missingIdRanges({subuids, subgids}: IdFiles): IdRange[] {
  const kinds = (['subuids', 'subgids'] as const).filter((kind) => !rangesOf(kind === 'subuids' ? subuids : subgids).some(({user, count}) => isRoot(user) && count >= idCount))
  const taken = rangesOf([...subuids, ...subgids])
  const start = firstFree(taken)
  return start === undefined ? [] : kinds.map((kind) => ({kind, start}))
}

/** `100000-165535`, as usermod(8) takes it. */
export function rangeInWords({start}: IdRange): string {
  return `${start}-${start + idCount - 1}`
}

interface Range { readonly user: string; readonly start: number; readonly count: number }

function rangesOf(lines: readonly string[]): Range[] {
  return lines.flatMap((line) => {
    const [, user = '', start = '', count = ''] = /^([^:\s]{1,256}):(\d{1,10}):(\d{1,10})$/.exec(line) ?? []
    return user === '' ? [] : [{user, start: Number(start), count: Number(count)}]
  })
}

function isRoot(user: string): boolean {
  return user === 'root' || user === '0'
}

function firstFree(taken: readonly Range[]): number | undefined {
  let start = firstStart
  for (const range of taken.toSorted((a, b) => a.start - b.start)) {
    if (range.start < start + idCount && start < range.start + range.count) start = range.start + range.count
  }
  return start + idCount <= endOfIds ? start : undefined
}
