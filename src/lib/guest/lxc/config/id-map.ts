// Which users of the host the users of a container are: lines `lxc.idmap = u 0 100000 65536`. Pure.
import {InvalidInputError} from '../../../base/index.ts'
import type {ConfigSection} from '../../guest-config.ts'

export interface IdRange {
  /** u for users, g for groups. */
  readonly type: 'u' | 'g'
  /** The first number in the container, the first on the host, and how many. */
  readonly container: number
  readonly host: number
  readonly count: number
}

/** Empty: the users of the container are those of the host. */
export type IdMap = readonly IdRange[]

const defaultMap: IdMap = (['u', 'g'] as const).map((type) => ({type, container: 0, host: 100_000, count: 65_536}))
/** The highest number that the kernel gives out; the one above it means "none". */
const lastId = 4_294_967_294

/**
 * The map of a container: its raw lines, else for an unprivileged one the usual map, else none.
 * @throws InvalidInputError for a line that is no range, and for ranges that overlap, naming both
 */
export function idMapOf({values, raw = []}: ConfigSection): IdMap {
  const ranges = raw.filter(([key]) => key === 'lxc.idmap').map(([, value]) => readRange(value))
  if (ranges.length === 0) return /^(?:1|on|yes|true)$/i.test(values['unprivileged'] ?? '') ? defaultMap : []
  assertDistinct(ranges)
  return ranges
}

function readRange(text: string): IdRange {
  const match = /^([ugb])\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})$/.exec(text)
  const [container, host, count] = match === null ? [0, 0, 0] : match.slice(2).map(Number) as [number, number, number]
  if (match === null || match[1] === 'b' || count < 1 || container + count - 1 > lastId || host + count - 1 > lastId) {
    throw new InvalidInputError(`'lxc.idmap: ${text.slice(0, 80)}' is not a range of users or groups; write \`u 0 100000 65536\``, {'lxc.idmap': 'is not a range'})
  }
  return {type: match[1] === 'g' ? 'g' : 'u', container, host, count}
}

/** No number in the container, and none on the host, may stand in two ranges of one type. */
function assertDistinct(ranges: readonly IdRange[]): void {
  for (const type of ['u', 'g'] as const) {
    for (const side of ['container', 'host'] as const) {
      const sorted = ranges.filter((range) => range.type === type).sort((a, b) => a[side] - b[side])
      for (const [index, range] of sorted.entries()) {
        const next = sorted[index + 1]
        if (next === undefined || range[side] + range.count <= next[side]) continue
        throw new InvalidInputError(
          `the id maps '${formatRange(range)}' and '${formatRange(next)}' overlap ${side === 'host' ? 'on the host' : 'in the container'}`, {'lxc.idmap': 'has ranges that overlap'},
        )
      }
    }
  }
}

/** `u 0 100000 65536`. */
export function formatRange({type, container, host, count}: IdRange): string {
  return `${type} ${container} ${host} ${count}`
}

/** The user (group) of the host that a user (group) of the container is; undefined when it is nobody there. */
export function hostId(map: IdMap, type: 'u' | 'g', id: number): number | undefined {
  if (map.length === 0) return id
  const range = map.find((candidate) => candidate.type === type && id >= candidate.container && id < candidate.container + candidate.count)
  return range === undefined ? undefined : range.host + id - range.container
}
