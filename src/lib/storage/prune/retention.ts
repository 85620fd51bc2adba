// Which backups of one guest are kept: the rules `keep-last=3,keep-daily=7` of storages, jobs and commands. Pure; it knows neither files nor
// who made the backups, so that whoever makes backups can use it as well.
import {InvalidInputError} from '../../base/index.ts'
import {parsePropertyString} from '../../spec/index.ts'
import type {PropertyFormat} from '../../spec/index.ts'

function countOf(what: string) {
  return {type: 'integer', minimum: 0, optional: true, placeholder: 'N', description: `Keep ${what}.`} as const
}

/** The rules, in the order in which they are applied behind `keep-all`; the properties of `prune-backups`, and options of commands. */
export const retentionFormat = {
  'keep-all': {type: 'boolean', optional: true, description: 'Keep all backups. Stands alone.'},
  'keep-last': countOf('the last N backups'),
  'keep-hourly': countOf('the last backup of each of the last N hours that have one'),
  'keep-daily': countOf('the last backup of each of the last N days that have one'),
  'keep-weekly': countOf('the last backup of each of the last N weeks that have one; a week begins on Monday'),
  'keep-monthly': countOf('the last backup of each of the last N months that have one'),
  'keep-yearly': countOf('the last backup of each of the last N years that have one'),
} as const satisfies PropertyFormat

export type RetentionRule = Exclude<keyof typeof retentionFormat, 'keep-all'>

/** How many each rule keeps; a rule that is absent or 0 keeps none. Without any rule all backups are kept. */
export type Retention = Readonly<Partial<Record<RetentionRule, number>>>

/** What a backup's hour, day, … is called, in local time, as its name tells its time. */
const periods: Readonly<Record<RetentionRule, (time: Date, timeMs: number) => string>> = {
  'keep-last': (_time, timeMs) => String(timeMs),
  'keep-hourly': (time) => `${dayOf(time)} ${time.getHours()}`,
  'keep-daily': dayOf,
  'keep-weekly': weekOf,
  'keep-monthly': (time) => `${time.getFullYear()}-${time.getMonth()}`,
  'keep-yearly': (time) => String(time.getFullYear()),
}

const rules = Object.keys(periods) as RetentionRule[]

/**
 * Rules as a command, a section or a job has them.
 * @throws InvalidInputError when keep-all stands beside a rule that keeps something
 */
export function retentionOf(values: Readonly<Record<string, unknown>>): Retention {
  const counts = rules.flatMap((rule) => {
    const count = values[rule]
    return typeof count === 'number' && count > 0 ? [[rule, count] as const] : []
  })
  const [first] = counts
  if (values['keep-all'] === true && first !== undefined) throw new InvalidInputError(`keep-all keeps every backup, so ${first[0]} cannot stand beside it`, {'keep-all': 'stands alone'})
  return Object.fromEntries(counts)
}

/** The text of `prune-backups`. @throws InvalidInputError naming the rule that is wrong */
export function parseRetention(text: string): Retention {
  return retentionOf(parsePropertyString(text, retentionFormat))
}

/**
 * Each rule in turn looks at what no rule before it has decided, from the newest on: it keeps the newest backup of a period in which none is kept
 * yet, for as many periods as it says, and gives up the others of those periods. What no rule wants is given up.
 * @param times of the backups of one guest, in milliseconds
 * @returns for each, in the order given, whether it is kept
 */
export function keptByRetention(times: readonly number[], retention: Retention): boolean[] {
  const wanted = rules.flatMap((rule) => ((retention[rule] ?? 0) > 0 ? [[rule, retention[rule] ?? 0] as const] : []))
  if (wanted.length === 0) return times.map(() => true)
  const newestFirst = times.map((timeMs, index) => ({timeMs, time: new Date(timeMs), index})).sort((a, b) => b.timeMs - a.timeMs)
  const isKept = new Map<number, boolean>()
  for (const [rule, count] of wanted) {
    const period = ({time, timeMs}: (typeof newestFirst)[number]) => periods[rule](time, timeMs)
    const covered = new Set(newestFirst.filter(({index}) => isKept.get(index) === true).map(period))
    const chosen = new Set<string>()
    for (const backup of newestFirst) {
      const own = period(backup)
      if (isKept.has(backup.index) || covered.has(own)) continue
      if (!chosen.has(own) && chosen.size >= count) break
      isKept.set(backup.index, !chosen.has(own))
      chosen.add(own)
    }
  }
  return times.map((_time, index) => isKept.get(index) ?? false)
}

function dayOf(time: Date): string {
  return `${time.getFullYear()}-${time.getMonth()}-${time.getDate()}`
}

/** The week of ISO 8601, named after its Thursday: it belongs to the year that has most of its days. */
function weekOf(time: Date): string {
  return dayOf(new Date(time.getFullYear(), time.getMonth(), time.getDate() + 3 - (time.getDay() + 6) % 7))
}
