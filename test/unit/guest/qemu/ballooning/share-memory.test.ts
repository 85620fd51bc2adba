// How memory is shared out: the example of Proxmox VE's handbook, what must hold for any guests, and a host that fills and empties.
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {defaultSharing, shareMemory} from '../../../../../src/lib/guest/qemu/ballooning/share-memory.ts'
import type {BalloonGuest} from '../../../../../src/lib/guest/qemu/ballooning/share-memory.ts'
import {scaledCount} from '../../../../support/rounds.ts'

const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3
/** Everything at once. */
const atOnce = {...defaultSharing, stepPart: 1000, ignoredBytes: 0}
const guest = (vmid: number, minGib: number, maxGib: number, actualGib: number, shares = 1000): BalloonGuest => ({vmid, minBytes: minGib * gibibyte, maxBytes: maxGib * gibibyte, actualBytes: actualGib * gibibyte, shares})
const gib = (next: ReadonlyMap<number, number>) => Object.fromEntries([...next].map(([vmid, bytes]) => [vmid, Number((bytes / gibibyte).toFixed(2))]))

describe('memory', () => {
  it('that is spare goes to guests by their shares', () => {
    // 32 GiB, of which 16 are in use: 9.6 may be given away on top of what each has at least.
    const guests = [guest(1, 1, 16, 1, 3000), guest(2, 1, 16, 1), guest(3, 1, 16, 1), guest(4, 1, 16, 1)]
    expect(gib(shareMemory({totalBytes: 32 * gibibyte, usedBytes: 16 * gibibyte}, guests, atOnce))).toEqual({1: 5.8, 2: 2.6, 3: 2.6, 4: 2.6})
  })

  it('that one guest cannot take goes to the others', () => {
    const guests = [guest(1, 1, 2, 1, 3000), guest(2, 1, 16, 1)]
    expect(gib(shareMemory({totalBytes: 32 * gibibyte, usedBytes: 16 * gibibyte}, guests, atOnce))).toEqual({1: 2, 2: 9.6})
  })

  it('that the host lacks is taken from guests, down to what each is to have', () => {
    const guests = [guest(1, 1, 4, 4), guest(2, 2, 4, 4)]
    expect(gib(shareMemory({totalBytes: 10 * gibibyte, usedBytes: 11 * gibibyte}, guests, atOnce))).toEqual({1: 2, 2: 3})
    expect(gib(shareMemory({totalBytes: 10 * gibibyte, usedBytes: 100 * gibibyte}, guests, atOnce))).toEqual({1: 1, 2: 2})
  })

  it('is moved in steps, and not for a trifle', () => {
    const plenty = {totalBytes: 1000 * gibibyte, usedBytes: 0}
    expect(gib(shareMemory(plenty, [guest(1, 1, 20, 1)]))).toEqual({1: 3})
    expect(gib(shareMemory({totalBytes: 10 * gibibyte, usedBytes: 20 * gibibyte}, [guest(1, 1, 20, 20)]))).toEqual({1: 18})
    expect(gib(shareMemory({totalBytes: 10 * gibibyte, usedBytes: 8 * gibibyte - 5 * mebibyte}, [guest(1, 1, 4, 2)]))).toEqual({})
    expect(gib(shareMemory(plenty, [guest(1, 1, 4, 4)]))).toEqual({})
  })
})

describe('for any guests', () => {
  const guests = fc.array(fc.record({min: fc.integer({min: 16, max: 8192}), more: fc.integer({min: 1, max: 8192}), actual: fc.double({min: 0, max: 1, noNaN: true}), shares: fc.integer({min: 1, max: 50_000})}), {maxLength: 20})
    .map((list) => list.map(({min, more, actual, shares}, index): BalloonGuest => ({
      vmid: 100 + index, minBytes: min * mebibyte, maxBytes: (min + more) * mebibyte, actualBytes: Math.round((min + more * actual)) * mebibyte, shares,
    })))
  const memory = fc.record({totalBytes: fc.integer({min: 1, max: 1024}).map((size) => size * gibibyte), part: fc.double({min: 0, max: 1.2, noNaN: true})}).map(({totalBytes, part}) => ({totalBytes, usedBytes: totalBytes * part}))

  it('none gets less than its least, more than its most, or moves further than a step', () => {
    fc.assert(fc.property(memory, guests, (host, list) => {
      for (const [vmid, bytes] of shareMemory(host, list)) {
        const {minBytes, maxBytes, actualBytes} = list.find((each) => each.vmid === vmid) as BalloonGuest
        expect(bytes).toBeGreaterThanOrEqual(minBytes)
        expect(bytes).toBeLessThanOrEqual(maxBytes)
        expect(Math.abs(bytes - actualBytes)).toBeLessThanOrEqual(Math.max(defaultSharing.leastStepBytes, maxBytes * defaultSharing.stepPart) + mebibyte)
        expect(bytes % mebibyte).toBe(0)
      }
    }), {numRuns: scaledCount(300)})
  })

  it('together they get what there is, as far as they may', () => {
    fc.assert(fc.property(memory, guests, (host, list) => {
      const next = shareMemory(host, list, atOnce)
      const sum = (of: (each: BalloonGuest) => number) => list.reduce((all, each) => all + of(each), 0)
      const given = sum((each) => next.get(each.vmid) ?? each.actualBytes)
      const budget = sum(({actualBytes}) => actualBytes) + host.totalBytes * 0.8 - host.usedBytes
      const expected = Math.min(Math.max(budget, sum(({minBytes}) => minBytes)), sum(({maxBytes}) => maxBytes))
      expect(Math.abs(given - expected)).toBeLessThanOrEqual((list.length + 1) * mebibyte)
    }), {numRuns: scaledCount(300)})
  })

  it('it comes to rest', () => {
    fc.assert(fc.property(memory, guests, ({totalBytes, usedBytes}, list) => {
      let now = list
      const others = usedBytes - list.reduce((sum, {actualBytes}) => sum + actualBytes, 0)
      for (let round = 0; round < 200; round++) {
        // A guest uses all that it has.
        const next = shareMemory({totalBytes, usedBytes: now.reduce((sum, {actualBytes}) => sum + actualBytes, others)}, now)
        if (next.size === 0) return
        now = now.map((each) => ({...each, actualBytes: next.get(each.vmid) ?? each.actualBytes}))
      }
      throw new Error('it goes on and on')
    }), {numRuns: scaledCount(100)})
  })
})
