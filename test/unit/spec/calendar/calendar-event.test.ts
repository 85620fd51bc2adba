// Calendar events: which texts are some, and that they come when they should, also where clocks are changed.
import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../../src/lib/base/index.ts'
import {calendarEventFault, parseCalendarEvent} from '../../../../src/lib/spec/calendar/calendar-event.ts'
import {nextEvent} from '../../../../src/lib/spec/calendar/next-event.ts'
import {inZone} from '../../../support/time-zone.ts'

/** The next times in a zone, as ISO 8601 with the offset left out: what the clock on the wall says. */
function times(text: string, after: string, count: number, zone = 'UTC'): string[] {
  return inZone(zone, () => {
    const event = parseCalendarEvent(text)
    let ms: number | undefined = new Date(after).getTime()
    return Array.from({length: count}, () => {
      ms = ms === undefined ? undefined : nextEvent(event, ms)
      return ms === undefined ? 'never' : new Date(ms).toISOString().slice(0, 19)
    })
  })
}

describe('reading', () => {
  it.each([
    '', ' ', 'mon 0 0 0', 'moon', 'mon..', '..fri', 'mon..tue..wed', '24:00', '12:60', '12:00:60', '1:2:3:4', '*/0', '5..3', '0-1', '13-1', '1-32', '1-2-3-4', '1969-1-1', 'daily 12:00', 'utc', 'x'.repeat(200), '12:00 mon',
    '1,,2', ',', '1..2..3', '-1', '1/2/3', '٣', 'mon,', '2:00 CET',
  ])('%j is none, and what would be right is said', (text) => {
    expect(() => parseCalendarEvent(text)).toThrow(InvalidInputError)
    expect(calendarEventFault(text)).toMatch(/such as/)
  })

  it('takes names of weekdays short and long, ranges over the end of the week, and capitals', () => {
    expect(parseCalendarEvent('Mon,TUESDAY').weekdays).toEqual([1, 2])
    expect(parseCalendarEvent('sat..mon').weekdays).toEqual([0, 1, 6])
    expect(parseCalendarEvent('mon..sun').weekdays).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(parseCalendarEvent('Daily')).toMatchObject({hours: [0], minutes: [0], seconds: [0]})
  })
})

describe('the next one', () => {
  it.each<[string, string, readonly string[]]>([
    ['minutely', '2026-01-01T00:00:00Z', ['2026-01-01T00:01:00', '2026-01-01T00:02:00']],
    ['hourly', '2026-01-01T00:00:00Z', ['2026-01-01T01:00:00']],
    ['daily', '2026-01-01T00:00:00Z', ['2026-01-02T00:00:00']],
    ['weekly', '2026-01-01T00:00:00Z', ['2026-01-05T00:00:00', '2026-01-12T00:00:00']],
    ['monthly', '2026-01-01T00:00:00Z', ['2026-02-01T00:00:00']],
    ['quarterly', '2026-01-01T00:00:00Z', ['2026-04-01T00:00:00', '2026-07-01T00:00:00', '2026-10-01T00:00:00', '2027-01-01T00:00:00']],
    ['semiannually', '2026-01-01T00:00:00Z', ['2026-07-01T00:00:00']],
    ['yearly', '2026-01-01T00:00:00Z', ['2027-01-01T00:00:00']],
    ['mon..fri 22:30', '2026-01-02T22:30:00Z', ['2026-01-05T22:30:00']],
    ['mon..wed 30/10', '2026-01-05T23:55:00Z', ['2026-01-06T00:30:00', '2026-01-06T00:40:00', '2026-01-06T00:50:00', '2026-01-06T01:30:00']],
    ['fri 12..13:5/20', '2026-01-02T12:00:00Z', ['2026-01-02T12:05:00', '2026-01-02T12:25:00', '2026-01-02T12:45:00', '2026-01-02T13:05:00']],
    ['*-05', '2026-01-05T00:00:00Z', ['2026-02-05T00:00:00']],
    ['sat *-1..7 15:00', '2026-01-03T15:00:00Z', ['2026-02-07T15:00:00']],
    ['2026-10-21', '2026-01-01T00:00:00Z', ['2026-10-21T00:00:00', 'never']],
    ['*-2-29', '2026-01-01T00:00:00Z', ['2028-02-29T00:00:00', '2032-02-29T00:00:00']],
    ['sun *-2-29', '2026-01-01T00:00:00Z', ['2032-02-29T00:00:00', '2060-02-29T00:00:00']],
    ['*-2-30', '2026-01-01T00:00:00Z', ['never']],
    ['2020-1-1', '2026-01-01T00:00:00Z', ['never']],
    ['12:00:15/20', '2026-01-01T12:00:16Z', ['2026-01-01T12:00:35', '2026-01-01T12:00:55', '2026-01-02T12:00:15']],
    ['*:*:7', '2026-01-01T12:00:07Z', ['2026-01-01T12:01:07']],
  ])('of %j after %s', (text, after, expected) => {
    expect(times(text, after, expected.length)).toEqual(expected)
  })

  it('is later than the moment that is asked about, be that a fraction before it', () => {
    expect(times('daily', '2026-01-01T23:59:59.999Z', 1)).toEqual(['2026-01-02T00:00:00'])
  })
})

// Europe/Berlin: from 02:00 to 03:00 (01:00 UTC) on 2026-03-29, back from 03:00 to 02:00 (01:00 UTC) on 2026-10-25.
describe('where clocks are changed', () => {
  it('a time that is skipped is the moment of the jump, and the next day it is itself', () => {
    expect(times('2:30', '2026-03-28T12:00:00Z', 2, 'Europe/Berlin')).toEqual(['2026-03-29T01:00:00', '2026-03-30T00:30:00'])
    expect(times('2,3:30', '2026-03-29T00:00:00Z', 2, 'Europe/Berlin')).toEqual(['2026-03-29T01:00:00', '2026-03-29T01:30:00'])
  })

  it('a time that comes twice is the first of the two, once', () => {
    expect(times('2:30', '2026-10-24T12:00:00Z', 2, 'Europe/Berlin')).toEqual(['2026-10-25T00:30:00', '2026-10-26T01:30:00'])
  })

  it('what comes every hour follows the time that passes', () => {
    expect(times('*:0/30', '2026-03-29T00:15:00Z', 3, 'Europe/Berlin')).toEqual(['2026-03-29T00:30:00', '2026-03-29T01:00:00', '2026-03-29T01:30:00'])
    expect(times('*/30', '2026-10-24T23:45:00Z', 5, 'Europe/Berlin')).toEqual(['2026-10-25T00:00:00', '2026-10-25T00:30:00', '2026-10-25T01:00:00', '2026-10-25T01:30:00', '2026-10-25T02:00:00'])
    // Half an hour: from 02:00 to 02:30, which is 15:30 UTC the day before.
    expect(times('hourly', '2026-10-03T14:45:00Z', 2, 'Australia/Lord_Howe')).toEqual(['2026-10-03T16:00:00', '2026-10-03T17:00:00'])
  })

  it('midnight is skipped as well, where it is', () => {
    // Asia/Beirut: from 00:00 to 01:00 on 2026-03-29 (22:00 UTC the day before).
    expect(times('daily', '2026-03-28T12:00:00Z', 2, 'Asia/Beirut')).toEqual(['2026-03-28T22:00:00', '2026-03-29T21:00:00'])
  })

  it('UTC is UTC everywhere', () => {
    expect(times('2:30 UTC', '2026-03-28T12:00:00Z', 2, 'Europe/Berlin')).toEqual(['2026-03-29T02:30:00', '2026-03-30T02:30:00'])
  })
})

it.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'])('what comes in %s is later each time, and the clock on the wall shows it', (zone) => {
  const text = '*:0/17'
  inZone(zone, () => {
    const event = parseCalendarEvent(text)
    let ms = new Date('2026-10-24T12:00:00Z').getTime()
    for (let round = 0; round < 200; round++) {
      const next = nextEvent(event, ms)
      if (next === undefined) throw new Error('there is one every hour')
      expect(next).toBeGreaterThan(ms)
      expect([0, 17, 34, 51]).toContain(new Date(next).getMinutes())
      for (let between = Math.floor(ms / 60_000) * 60_000 + 60_000; between < next; between += 60_000) expect([0, 17, 34, 51]).not.toContain(new Date(between).getMinutes())
      ms = next
    }
  })
})
