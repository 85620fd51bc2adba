// The rules by which backups are kept.
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {keptByRetention, parseRetention, retentionOf, type Retention} from '../../../../src/lib/storage/prune/retention.ts'
import {storageRetention} from '../../../../src/lib/storage/prune/storage-retention.ts'

const at = (text: string) => new Date(text).getTime()
const kept = (times: readonly string[], retention: Retention) => {
  const isKept = keptByRetention(times.map(at), retention)
  return times.filter((_time, index) => isKept[index] === true)
}
/** In local time, as names of backups are. */
const noonsOfMay = Array.from({length: 31}, (_, day) => `2025-05-${String(day + 1).padStart(2, '0')}T12:00:00`)

describe('rules', () => {
  it('keep all when none of them keeps anything', () => {
    expect(kept(noonsOfMay, {})).toEqual(noonsOfMay)
    expect(kept(noonsOfMay, {'keep-last': 0, 'keep-daily': 0})).toEqual(noonsOfMay)
  })

  it('keep the newest of each period, and count only periods that have a backup', () => {
    expect(kept(noonsOfMay, {'keep-last': 2})).toEqual(noonsOfMay.slice(-2))
    expect(kept(['2025-01-01T08:00:00', '2025-01-01T20:00:00', '2025-03-09T01:00:00'], {'keep-daily': 2})).toEqual(['2025-01-01T20:00:00', '2025-03-09T01:00:00'])
    expect(kept(['2025-01-01T08:00:01', '2025-01-01T08:59:59', '2025-01-01T09:00:00'], {'keep-hourly': 1})).toEqual(['2025-01-01T09:00:00'])
    expect(kept(['2023-12-31T23:59:59', '2024-01-01T00:00:00', '2024-12-31T00:00:00'], {'keep-yearly': 2})).toEqual(['2023-12-31T23:59:59', '2024-12-31T00:00:00'])
  })

  it('begin a week on Monday, also over the end of a year', () => {
    // 2024-12-30 is a Monday.
    expect(kept(['2024-12-29T12:00:00', '2024-12-30T12:00:00', '2025-01-05T12:00:00', '2025-01-06T12:00:00'], {'keep-weekly': 3})).toEqual(['2024-12-29T12:00:00', '2025-01-05T12:00:00', '2025-01-06T12:00:00'])
  })

  it('look only at what those before them have left open', () => {
    expect(kept(noonsOfMay, {'keep-last': 3, 'keep-daily': 2, 'keep-weekly': 1})).toEqual(['25', '27', '28', '29', '30', '31'].map((day) => `2025-05-${day}T12:00:00`))
    expect(kept(noonsOfMay, {'keep-daily': 1, 'keep-monthly': 12})).toEqual(['2025-05-31T12:00:00'])
  })

  it('keep the newest backup, no more than they say, and the same whatever the order', () => {
    const rules = fc.record({'keep-last': fc.nat(3), 'keep-hourly': fc.nat(3), 'keep-daily': fc.nat(3), 'keep-weekly': fc.nat(3), 'keep-monthly': fc.nat(3), 'keep-yearly': fc.nat(3)})
    const times = fc.uniqueArray(fc.integer({min: 0, max: 4_000_000_000}).map((seconds) => seconds * 1000), {minLength: 1, maxLength: 40})
    fc.assert(fc.property(times, rules, (given, retention) => {
      const isKept = keptByRetention(given, retention)
      const sum = Object.values(retention).reduce((total, count) => total + count, 0)
      if (sum === 0) return isKept.every(Boolean)
      const reversed = keptByRetention(given.toReversed(), retention).toReversed()
      return isKept[given.indexOf(Math.max(...given))] === true && isKept.filter(Boolean).length <= sum && isKept.every((one, index) => one === reversed[index])
    }))
  })
})

describe('their text', () => {
  it('is that of prune-backups', () => {
    expect(parseRetention('keep-last=3,keep-daily=7,keep-weekly=0')).toEqual({'keep-last': 3, 'keep-daily': 7})
    expect(parseRetention('keep-all=1')).toEqual({})
    expect(() => parseRetention('keep-last=-1')).toThrow(/keep-last/)
    expect(() => parseRetention('keep-forever=1')).toThrow(/keep-forever/)
    expect(() => retentionOf({'keep-all': true, 'keep-last': 1})).toThrow('keep-all keeps every backup')
    expect(retentionOf({'keep-all': true, 'keep-last': 0})).toEqual({})
  })

  it('may be the older form in a section', () => {
    const section = {type: 'dir', storage: 'x'}
    expect(storageRetention(section)).toBeUndefined()
    expect(storageRetention({...section, maxfiles: 2})).toEqual({'keep-last': 2})
    expect(storageRetention({...section, maxfiles: 2, 'prune-backups': 'keep-yearly=1'})).toEqual({'keep-yearly': 1})
    expect(() => storageRetention({...section, 'prune-backups': 'keep'})).toThrow("storage 'x': the option 'prune-backups' cannot be read")
  })
})
