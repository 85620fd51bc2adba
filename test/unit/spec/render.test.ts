import {describe, expect, it} from 'vitest'
import {renderBytes, renderDuration, renderFraction, renderTimestamp, renderTimestampUtc} from '../../../src/lib/spec/render.ts'

describe('values as people read them', () => {
  it.each([[0, '0.00 B'], [1023, '1023.00 B'], [1024, '1.00 KiB'], [1152, '1.12 KiB'], [1536, '1.50 KiB'], [32 * 2 ** 30, '32.00 GiB'], [2 ** 50, '1.00 PiB'], [-2048, '-2.00 KiB']])(
    '%d bytes', (bytes, text) => expect(renderBytes(bytes)).toBe(text))

  it('bytes with another number of digits', () => {
    expect(renderBytes(1536, 0)).toBe('2 KiB')
    expect(renderBytes(2560, 0)).toBe('2 KiB')
    expect(renderBytes(1536, 4)).toBe('1.5000 KiB')
  })

  it.each([[undefined, '0s'], [0, '0s'], [0.4, '0s'], [0.5, '1s'], [59.6, '1m'], [110, '1m 50s'], [3600, '1h'], [7 * 86_400 - 7200, '6d 22h'], [694_861, '1w 1d 1h 1m 1s'], [-5, '0s']])(
    '%s seconds', (seconds, text) => expect(renderDuration(seconds)).toBe(text))

  it.each([[0.412, '41.20%'], [0, '0.00%'], [1, '100.00%'], [0.00005, '0.01%']])('the share %d', (fraction, text) => expect(renderFraction(fraction)).toBe(text))

  it('times in UTC, in zones by name and in POSIX form', () => {
    expect(renderTimestampUtc(1612776831)).toBe('2021-02-08 09:33:51')
    expect(renderTimestamp(1612776831, 'UTC-1')).toBe('2021-02-08 10:33:51')
    expect(renderTimestamp(1612776831, 'EST+5:30')).toBe('2021-02-08 04:03:51')
    expect(renderTimestamp(1612776831, 'Europe/Vienna')).toBe('2021-02-08 10:33:51')
    expect(renderTimestamp(1612776831)).toMatch(/^2021-02-0[89] \d\d:\d\d:51$/)
  })
})
