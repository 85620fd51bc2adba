// Calendar events come when systemd says that they come: random ones, from random moments, in several zones. Where clocks are changed the two differ on purpose (systemd leaves out a day on
// which the time is skipped, and the second of two equal hours), so what comes within a change is not compared.
import {spawnSync} from 'node:child_process'
import {expect, it} from 'vitest'
import {parseCalendarEvent} from '../../../../src/lib/spec/calendar/calendar-event.ts'
import {nextEvent} from '../../../../src/lib/spec/calendar/next-event.ts'
import type {RandomSource} from '../../../support/rounds.ts'
import {randomSource, scaledCount} from '../../../support/rounds.ts'
import {inZone} from '../../../support/time-zone.ts'

const isThere = spawnSync('systemd-analyze', ['--version']).status === 0
if (!isThere) console.log('calendar events beside systemd: skipped, because systemd-analyze is not installed')

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/Santiago', 'Asia/Beirut']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const [times, hourMs] = [4, 3_600_000]

function randomEvent(random: RandomSource): string {
  const between = (low: number, high: number): number => random.between(low, high)
  const pick = (...texts: readonly string[]): string => texts[between(0, texts.length - 1)] ?? ''
  const two = (number: number): string => String(number).padStart(2, '0')
  const list = (low: number, high: number): string => pick(
    '*', two(between(low, high)), `${two(between(low, high))},${two(between(low, high))}`, `${two(low + between(0, 3))}/${between(2, 8)}`,
    `${two(between(low, low + 4))}..${two(between(low + 5, high))}`,
  )
  const weekday = pick('', '', `${pick(...weekdays)} `, `${pick(...weekdays)},${pick(...weekdays)} `, 'mon..fri ', 'sat,sun ')
  const date = pick('', '', `*-${list(1, 12)}-${list(1, 28)} `, `*-*-${list(1, 31)} `, `2027-${list(1, 12)}-${list(1, 28)} `)
  const time = `${list(0, 23)}:${list(0, 59)}${pick('', '', `:${list(0, 59)}`)}`
  return `${weekday}${date}${time}${pick('', '', '', ' UTC')}`
}

/** What systemd says, in milliseconds since 1970; undefined where it gives up looking, as it does after some months. */
function bySystemd(event: string, fromMs: number, zone: string): number[] | undefined {
  const base = `${new Date(fromMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  const {status, stdout, stderr} = spawnSync('systemd-analyze', ['calendar', `--base-time=${base}`, `--iterations=${times}`, event], {encoding: 'utf8', env: {...process.env, TZ: zone, LC_ALL: 'C'}, timeout: 30_000})
  if (stderr.includes('Infinite loop in calendar calculation')) return undefined
  expect([status, stderr], event).toEqual([0, ''])
  // The time is told in the zone, and where that is another one in UTC beneath it.
  const lines = stdout.split('\n').map((line) => /(?:Next elapse|Iter\. #\d+|\(in UTC\)): (?:(never)|\w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (\S+))$/.exec(line)).filter((match) => match !== null)
  return lines.filter(([, never, , , name]) => never === undefined && name === 'UTC').map(([, , date = '', time = '']) => Date.parse(`${date}T${time}Z`))
}

function byUs(text: string, fromMs: number): number[] {
  const [event, found] = [parseCalendarEvent(text), [] as number[]]
  for (let next = nextEvent(event, fromMs); next !== undefined && found.length < times; next = nextEvent(event, next)) found.push(next)
  return found
}

it.runIf(isThere)('an event comes when systemd says so', () => {
  const random = randomSource('calendar events beside systemd')
  let compared = 0
  for (let round = 0; round < scaledCount(60); round++) {
    const zone = zones[round % zones.length] ?? 'UTC'
    const fromMs = Math.floor(Date.UTC(2026, random.between(0, 11), random.between(1, 28), random.between(0, 23), random.between(0, 59), random.between(0, 59)) / 1000) * 1000
    const event = randomEvent(random)
    const theirs = bySystemd(event, fromMs, zone)
    if (theirs === undefined) continue
    inZone(zone, () => {
      const ours = byUs(event, fromMs)
      const offset = (ms: number): number => new Date(ms).getTimezoneOffset()
      const isNearChange = (ms: number): boolean => offset(ms - 2 * hourMs) !== offset(ms + 2 * hourMs)
      const changed = [...ours, ...theirs].find(isNearChange) ?? Infinity
      const before = (ms: number): boolean => ms < changed
      expect(ours.filter(before), `'${event}' after ${new Date(fromMs).toISOString()} in ${zone}`).toEqual(theirs.filter(before))
      compared += ours.filter(before).length
    })
  }
  expect(compared).toBeGreaterThan(60)
}, 120_000)
