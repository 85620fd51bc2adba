// When a calendar event comes next. Pure but for the time zone of the process, in which events without `UTC` are meant.
//
// Where clocks are changed: an event at certain hours comes once a day, also when that hour comes twice (the first time) or is skipped (as soon as it would have
// begun). An event of every hour follows the time that passes, so that `*/15` comes every 15 minutes in the hour that comes twice as well.
import type {CalendarEvent, FieldValues} from './calendar-event.ts'

/** What a time is called by the clock on the wall. */
interface WallTime {
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

interface Zone {
  wallTime(ms: number): WallTime
  /** The first moment that is called so; where it is skipped, the moment at which the clock jumps over it. */
  moment(time: WallTime): number
}

/** Weekdays and days of months come together again after 28 years, leap years that are left out aside. */
const yearsLookedAt = 60
const secondMs = 1000
const minuteMs = 60_000
const hourMs = 3_600_000
const allHours = numbers(0, 23)
const allSixty = numbers(0, 59)
const allMonths = numbers(1, 12)

/**
 * @param afterMs milliseconds since 1970
 * @returns the next time strictly later, in milliseconds; undefined when there is none any more (`2020-01-01`, `*-02-30`)
 */
export function nextEvent(event: CalendarEvent, afterMs: number): number | undefined {
  const zone = event.isUtc ? utcZone : localZone
  // Events are at whole seconds.
  const fromMs = Math.floor(afterMs / secondMs) * secondMs + secondMs
  const first = zone.wallTime(fromMs)
  for (const [year, month] of monthsFrom(event, first)) {
    const days = event.days ?? numbers(1, 31)
    const isFirstMonth = year === first.year && month === first.month
    for (const day of days) {
      if (day > daysOfMonth(year, month) || isFirstMonth && day < first.day) continue
      if (event.weekdays !== undefined && !event.weekdays.includes(new Date(Date.UTC(year, month - 1, day)).getUTCDay())) continue
      const found = event.hours === undefined ? followingTime(event, {year, month, day}, fromMs, zone) : byTheClock(event, {year, month, day}, fromMs, zone)
      if (found !== undefined) return found
    }
  }
  return undefined
}

type Day = Pick<WallTime, 'year' | 'month' | 'day'>

function* monthsFrom(event: CalendarEvent, first: WallTime): Generator<readonly [number, number]> {
  const years = event.years?.filter((year) => year >= first.year) ?? numbers(first.year, first.year + yearsLookedAt)
  for (const year of years) {
    for (const month of event.months ?? allMonths) {
      if (year > first.year || month >= first.month) yield [year, month]
    }
  }
}

/** The first time of that day from a moment on, for an event at certain hours. */
function byTheClock({hours, minutes, seconds}: CalendarEvent, day: Day, fromMs: number, zone: Zone): number | undefined {
  for (const hour of hours ?? allHours) {
    // A day has its hours in order, so most of them are passed over at once.
    if (zone.moment({...day, hour, minute: 59, second: 59}) < fromMs) continue
    for (const minute of minutes ?? allSixty) {
      for (const second of seconds ?? allSixty) {
        const moment = zone.moment({...day, hour, minute, second})
        if (moment >= fromMs) return moment
      }
    }
  }
  return undefined
}

/** The same for an event of every hour. */
function followingTime({minutes, seconds}: CalendarEvent, day: Day, fromMs: number, zone: Zone): number | undefined {
  const beginMs = zone.moment({...day, hour: 0, minute: 0, second: 0})
  let ms = Math.max(fromMs, beginMs)
  for (;;) {
    const {minute, second, ...now} = zone.wallTime(ms)
    if (now.year !== day.year || now.month !== day.month || now.day !== day.day) return undefined
    if (!includes(minutes, minute)) {
      ms += leapOver(zone, ms, minute, second)
      continue
    }
    const wanted = (seconds ?? allSixty).find((value) => value >= second)
    if (wanted !== undefined) return ms + (wanted - second) * secondMs
    ms += minuteMs - second * secondMs
  }

  /** To the next minute that is wanted in this hour, or the next hour; only a minute where the clock is changed meanwhile. */
  function leapOver(zoneOfDay: Zone, nowMs: number, minute: number, second: number): number {
    const next = minutes?.find((value) => value > minute) ?? 60
    const leapMs = (next - minute) * minuteMs - second * secondMs
    const there = zoneOfDay.wallTime(nowMs + leapMs)
    return there.minute === next % 60 && leapMs <= hourMs ? leapMs : minuteMs - second * secondMs
  }
}

function includes(values: FieldValues, value: number): boolean {
  return values === undefined || values.includes(value)
}

function numbers(from: number, to: number): number[] {
  return Array.from({length: to - from + 1}, (_, index) => from + index)
}

function daysOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

const utcZone: Zone = {
  wallTime: (ms) => {
    const date = new Date(ms)
    return {year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), hour: date.getUTCHours(), minute: date.getUTCMinutes(), second: date.getUTCSeconds()}
  },
  moment: ({year, month, day, hour, minute, second}) => Date.UTC(year, month - 1, day, hour, minute, second),
}

const localZone: Zone = {wallTime: localTime, moment: localMoment}

function localTime(ms: number): WallTime {
  const date = new Date(ms)
  return {year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate(), hour: date.getHours(), minute: date.getMinutes(), second: date.getSeconds()}
}

/** Date takes the first of two (ECMA-262, "LocalTime"), and counts a time that is skipped with the clock as it was before, which leads behind the jump. */
function localMoment({year, month, day, hour, minute, second}: WallTime): number {
  const ms = new Date(year, month - 1, day, hour, minute, second).getTime()
  const date = new Date(ms)
  const isThere = date.getHours() === hour && date.getMinutes() === minute && date.getDate() === day
  if (isThere) return ms
  // A clock that jumps does so at a whole minute, by a day at most (islands that change their side of the date line).
  const offset = date.getTimezoneOffset()
  let behind = Math.floor(ms / minuteMs) * minuteMs
  let before = behind - 24 * hourMs
  while (behind - before > minuteMs) {
    const middle = Math.floor((before + behind) / 2 / minuteMs) * minuteMs
    if (new Date(middle).getTimezoneOffset() === offset) behind = middle
    else before = middle
  }
  return behind
}
