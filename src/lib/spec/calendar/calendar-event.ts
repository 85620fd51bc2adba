// Calendar events: `mon..fri 22:30`, `*/15`, `*-*-01 02:00`, the times at which jobs begin. Reads one; next-event.ts finds when it comes next. The
// grammar is that of systemd.time(7), "CALENDAR EVENTS", with what Proxmox VE has of it and adds to it: a lone number is minutes, and lists are without
// `~`. Pure.
import {InvalidInputError} from '../../base/errors.ts'

/** Which values of one field are meant, sorted; undefined: all of them. */
export type FieldValues = readonly number[] | undefined

export interface CalendarEvent {
  /** 0 is Sunday, as Date has it. */
  readonly weekdays: FieldValues
  readonly years: FieldValues
  /** From 1. */
  readonly months: FieldValues
  readonly days: FieldValues
  readonly hours: FieldValues
  readonly minutes: FieldValues
  readonly seconds: FieldValues
  /** The times are in UTC, wherever the host is. */
  readonly isUtc: boolean
}

interface Range { readonly name: string; readonly from: number; readonly to: number }

const ranges = {
  year: {name: 'year', from: 1970, to: 2199},
  month: {name: 'month', from: 1, to: 12},
  day: {name: 'day', from: 1, to: 31},
  hour: {name: 'hour', from: 0, to: 23},
  minute: {name: 'minute', from: 0, to: 59},
  second: {name: 'second', from: 0, to: 59},
} as const satisfies Record<string, Range>

export const longestCalendarEvent = 128
const weekdayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const

/** What the words stand for. */
const keywords: Readonly<Record<string, string>> = {
  minutely: '*:*:00', hourly: '*:00:00', daily: '00:00:00', weekly: 'mon 00:00:00', monthly: '*-*-01 00:00:00',
  quarterly: '*-01,04,07,10-01 00:00:00', semiannually: '*-01,07-01 00:00:00', 'semi-annually': '*-01,07-01 00:00:00',
  yearly: '*-01-01 00:00:00', annually: '*-01-01 00:00:00',
}

/** @throws InvalidInputError saying which part is wrong, and what would be right */
export function parseCalendarEvent(text: string): CalendarEvent {
  if (text.length > longestCalendarEvent) throw new InvalidInputError(`a calendar event has at most ${longestCalendarEvent} characters`)
  const given = text.trim().toLowerCase()
  if (given === '') throw new InvalidInputError('a calendar event is not empty; an example: mon..fri 22:30')
  const words = given.split(/\s+/)
  const isUtc = words.length > 1 && words.at(-1) === 'utc'
  const own = isUtc ? words.slice(0, -1) : words
  const [only = ''] = own
  const parts = own.length === 1 && Object.hasOwn(keywords, only) ? (keywords[only] ?? '').split(' ') : own
  return {...eventOf(parts, text), isUtc}
}

/** For checks of values: undefined for a good one, else what would be right. */
export function calendarEventFault(text: string): string | undefined {
  try {
    parseCalendarEvent(text)
    return undefined
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return "a calendar event such as 'mon..fri 22:30', '*/15' or 'daily'"
  }
}

function eventOf(parts: readonly string[], text: string): Omit<CalendarEvent, 'isUtc'> {
  const rest = [...parts]
  const weekdays = /^[a-z]/.test(rest[0] ?? '') ? readWeekdays(rest.shift() ?? '') : undefined
  const date = rest[0]?.includes('-') === true ? readDate(rest.shift() ?? '') : {years: undefined, months: undefined, days: undefined}
  const time = rest.length === 0 ? {hours: [0], minutes: [0], seconds: [0]} : readTime(rest.shift() ?? '')
  if (rest.length > 0) throw new InvalidInputError(`'${text}' is no calendar event: '${rest.join(' ')}' is too much; it has the form [WEEKDAYS] [[YEARS-]MONTHS-DAYS] [HOURS:MINUTES[:SECONDS]]`)
  return {weekdays, ...date, ...time}
}

function readWeekdays(text: string): FieldValues {
  const days = text.split(',').flatMap((part) => {
    const [from, to, ...more] = part.split('..').map(weekdayOf)
    if (from === undefined || more.length > 0) throw new InvalidInputError(`'${part}' is no weekday and no range of them such as mon..fri`)
    // A week has no end: sat..mon are three days.
    const count = to === undefined ? 1 : (to - from + 7) % 7 + 1
    return Array.from({length: count}, (_, index) => (from + index) % 7)
  })
  return sorted(days)
}

function weekdayOf(name: string): number {
  const found = weekdayNames.findIndex((day) => name === day || name === day.slice(0, 3))
  if (found < 0) throw new InvalidInputError(`'${name}' is no weekday; they are mon, tue, wed, thu, fri, sat and sun`)
  return found
}

function readDate(text: string): Pick<CalendarEvent, 'years' | 'months' | 'days'> {
  const parts = text.split('-')
  if (parts.length > 3) throw new InvalidInputError(`'${text}' is no date; it has the form [YEARS-]MONTHS-DAYS`)
  const [days = '', months = '', years = '*'] = parts.reverse()
  return {years: readField(years, ranges.year), months: readField(months, ranges.month), days: readField(days, ranges.day)}
}

// A lone `5`, and `*/15`, are minutes of any hour.
function readTime(text: string): Pick<CalendarEvent, 'hours' | 'minutes' | 'seconds'> {
  const parts = text.split(':')
  if (parts.length > 3) throw new InvalidInputError(`'${text}' is no time; it has the form HOURS:MINUTES[:SECONDS]`)
  const [hours, minutes, seconds] = parts.length === 1 ? ['*', text, '0'] : [parts[0] ?? '', parts[1] ?? '', parts[2] ?? '0']
  return {hours: readField(hours, ranges.hour), minutes: readField(minutes, ranges.minute), seconds: readField(seconds, ranges.second)}
}

function readField(text: string, range: Range): FieldValues {
  if (text === '*') return undefined
  return sorted(text.split(',').flatMap((part) => valuesOf(part, range)))
}

// N, N..M, N/STEP, */STEP, N..M/STEP.
function valuesOf(part: string, range: Range): number[] {
  const match = /^(?:(\*)|(\d{1,4})(?:\.\.(\d{1,4}))?)(?:\/(\d{1,4}))?$/.exec(part)
  if (match === null) throw new InvalidInputError(`'${part}' is no ${range.name}; right are *, numbers, ranges such as 8..17 and repetitions such as 0/15`)
  const [, all, first, last, repeated] = match
  const step = repeated === undefined ? 1 : Number(repeated)
  const from = all === undefined ? Number(first) : range.from
  const to = last === undefined ? (all === undefined && repeated === undefined ? from : range.to) : Number(last)
  if (step === 0) throw new InvalidInputError(`'${part}' repeats every 0 ${range.name}s, which is never`)
  if (from < range.from || to > range.to) throw new InvalidInputError(`'${part}' is no ${range.name}; it is from ${range.from} to ${range.to}`)
  if (from > to) throw new InvalidInputError(`'${part}' ends before it begins`)
  return Array.from({length: Math.floor((to - from) / step) + 1}, (_, index) => from + index * step)
}

function sorted(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b)
}
