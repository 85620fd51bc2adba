// How fast volumes may be copied: the option `bwlimit` of storages and of datacenter.cfg, and what a command asks for instead.
import {InvalidInputError} from '../base/index.ts'
import {parsePropertyString} from '../spec/index.ts'
import type {Context} from '../tasks/index.ts'
import {bandwidthFormat} from './common-params.ts'
import {storageConfig} from './open-storage.ts'

export type CopyOperation = keyof typeof bandwidthFormat

/** Where a limit stands; `*` is what holds for all storages (datacenter.cfg). */
export interface BandwidthFacts {
  readonly operation: CopyOperation
  /** The storages that take part, by name, with the value of their option. */
  readonly storages: Readonly<Record<string, string | undefined>>
  /** The line `bwlimit` of datacenter.cfg. */
  readonly everywhere?: string | undefined
  /** What the command asks for, in KiB a second; 0 asks for no limit. */
  readonly asked?: number | undefined
  /** Whether the caller may go past the limit of a storage. Without a name: of what holds for all. */
  readonly mayOverride: (storage?: string) => boolean
}

/**
 * Pure: the limit in KiB a second; 0 is none. A storage's own limit goes before that for all; of several storages the slowest decides. What is asked
 * for goes before those that the caller may go past, and may always be less than the others.
 * @throws InvalidInputError for a limit that cannot be read
 */
export function bandwidthLimit({operation, storages, everywhere, asked, mayOverride}: BandwidthFacts): number {
  const general = readLimit('datacenter.cfg', everywhere, operation)
  const limits = Object.entries(storages).map(([name, text]) => ({name, own: readLimit(`storage '${name}'`, text, operation)}))
  const binding = limits.flatMap(({name, own}) => (asked !== undefined && mayOverride(name) ? [] : own === undefined ? generalLimit(asked, general, mayOverride) : [own]))
  if (limits.length === 0) binding.push(...generalLimit(asked, general, mayOverride))
  return slowest([...binding, asked ?? 0])
}

function generalLimit(asked: number | undefined, general: number | undefined, mayOverride: BandwidthFacts['mayOverride']): number[] {
  return general === undefined || (asked !== undefined && mayOverride()) ? [] : [general]
}

function slowest(limits: readonly number[]): number {
  return limits.filter((limit) => limit > 0).reduce((least, limit) => (least === 0 ? limit : Math.min(least, limit)), 0)
}

/** An option that sets a limit of 0 says that there is none, whatever holds otherwise. */
function readLimit(place: string, text: string | undefined, operation: CopyOperation): number | undefined {
  if (text === undefined || text === '') return undefined
  try {
    const limits = parsePropertyString(text, bandwidthFormat)
    const limit = limits[operation] ?? limits['default']
    return typeof limit === 'number' ? Math.ceil(limit) : undefined
  } catch (error) {
    throw new InvalidInputError(`the option 'bwlimit' of ${place} cannot be read`, {}, {cause: error})
  }
}

/**
 * The limit that holds for a copy between these storages, in KiB a second; 0 is none.
 * @param asked the option --bwlimit
 */
export async function copyBandwidth(operation: CopyOperation, storages: readonly string[], asked: number | undefined, context: Pick<Context, 'store' | 'places' | 'caller'>): Promise<number> {
  const [datacenter, ...configs] = await Promise.all([context.store.read('datacenter.cfg'), ...storages.map((name) => storageConfig(name, context))])
  return bandwidthLimit({
    operation, asked, everywhere: bandwidthOfDatacenter(datacenter?.data), mayOverride: () => context.caller.isRoot,
    storages: Object.fromEntries(configs.map(({storage, bwlimit}) => [storage, typeof bwlimit === 'string' ? bwlimit : undefined])),
  })
}

/** Pure: the line `bwlimit` in the text of datacenter.cfg. */
export function bandwidthOfDatacenter(text: string | undefined): string | undefined {
  return /^bwlimit:([^\n]{1,500})$/m.exec(text ?? '')?.[1]?.trim()
}
