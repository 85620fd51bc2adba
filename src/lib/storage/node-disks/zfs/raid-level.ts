// How the devices of a new ZFS pool stand to each other: the words for zpool create (zpoolconcepts(7)), and how many devices each level wants. Pure.
import {InvalidInputError} from '../../../base/index.ts'
import type {PropertyFormat} from '../../../spec/index.ts'

export const raidLevels = ['single', 'mirror', 'raid10', 'raidz', 'raidz2', 'raidz3', 'draid', 'draid2', 'draid3'] as const
export type RaidLevel = typeof raidLevels[number]

/** The property string --draid-config. */
export const draidFormat = {
  data: {type: 'integer', minimum: 1, description: 'How many devices of a redundancy group hold data.'},
  spares: {type: 'integer', minimum: 0, description: 'How many devices are spread over all of them as spares.'},
} as const satisfies PropertyFormat

export interface Draid { readonly data: number; readonly spares: number }

const fewestDevices: Readonly<Record<RaidLevel, number>> = {single: 1, mirror: 2, raid10: 4, raidz: 3, raidz2: 4, raidz3: 5, draid: 3, draid2: 4, draid3: 5}

/**
 * @param paths the devices
 * @throws InvalidInputError naming the option that is wrong
 */
export function vdevWords(level: RaidLevel, paths: readonly string[], draid?: Draid): string[] {
  const count = paths.length
  const wrong = (message: string, option: 'devices' | 'draid-config') => new InvalidInputError(message, {[option]: option === 'devices' ? 'are too few or too many' : 'does not fit'})
  if (count < fewestDevices[level]) throw wrong(`a pool of level ${level} needs at least ${fewestDevices[level]} devices; there ${count === 1 ? 'is one' : `are ${count}`}`, 'devices')
  if (level === 'single' && count > 1) throw wrong(`a pool of level single has one device; there are ${count}`, 'devices')
  if (level === 'raid10' && count % 2 !== 0) throw wrong(`a pool of level raid10 consists of pairs; there are ${count} devices`, 'devices')
  if (draid !== undefined && !level.startsWith('draid')) throw wrong(`--draid-config says nothing about a pool of level ${level}`, 'draid-config')
  if (level === 'single') return [...paths]
  if (level === 'raid10') return Array.from({length: count / 2}, (_, pair) => ['mirror', ...paths.slice(2 * pair, 2 * pair + 2)]).flat()
  if (!level.startsWith('draid') || draid === undefined) return [level, ...paths]
  const parity = Number(level.slice('draid'.length) || 1)
  const wanted = draid.data + parity + draid.spares
  if (count < wanted) {
    throw wrong(`${draid.data} devices for data, ${parity} for parity and ${draid.spares} as spares make ${wanted}; there are ${count}`, 'draid-config')
  }
  return [`${level}:${draid.data}d:${count}c:${draid.spares}s`, ...paths]
}

/** Words that zpool create takes for something else, at the beginning of a name (zpool-create(8)). */
const reservedBeginning = /^(?:mirror|raidz|draid|spare|log)/
/** Names that it does not take as they are. */
const reservedNames = ['cache', 'special', 'dedup', 'replacing', 'indirect']

/** @throws InvalidInputError for a name that ZFS keeps for itself */
export function checkPoolName(name: string): void {
  if (!reservedBeginning.test(name) && !reservedNames.includes(name) && !/^c\d/.test(name)) return
  throw new InvalidInputError(`ZFS does not take '${name}' as the name of a pool: its own words begin so`, {name: 'must not be or begin with a word of ZFS'})
}
