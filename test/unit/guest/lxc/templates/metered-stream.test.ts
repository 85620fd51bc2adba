// Streams that are counted, bounded and slowed down, and whose beginning is looked at.
import {Readable} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {expect, it} from 'vitest'
import {meteredStream, peek} from '../../../../../src/lib/guest/lxc/templates/metered-stream.ts'

const never = new AbortController().signal

function clockOf(): {clock: {monotonicMs: () => number; sleep: (ms: number) => Promise<void>}; slept: number[]} {
  const slept: number[] = []
  let nowMs = 0
  return {slept, clock: {monotonicMs: () => nowMs, sleep: async (ms) => { slept.push(ms); nowMs += ms }}}
}

it('is as fast as it may be, and no faster', async () => {
  const {clock, slept} = clockOf()
  const {stream, totalBytes, beginning, end} = meteredStream({bytesPerSecond: 1000, keptBytes: 1500}, clock, never)
  const through = await buffer(Readable.from([Buffer.alloc(1000, 1), Buffer.alloc(1000, 2), Buffer.alloc(1000, 3)]).pipe(stream))
  expect([through.length, totalBytes(), beginning().length, end().every((byte) => byte === 3), slept]).toEqual([3000, 3000, 1500, true, [1000, 1000, 1000]])
})

it('ends when there is more than there may be', async () => {
  const {stream} = meteredStream({maxBytes: 1500, tooMany: () => new Error('enough')}, clockOf().clock, never)
  await expect(buffer(Readable.from([Buffer.alloc(1000), Buffer.alloc(1000)]).pipe(stream))).rejects.toThrow('enough')
})

it.each([[[], 0], [[3], 3], [[512], 512], [[100, 100, 400, 100], 700], [[2000], 2000]])('the beginning of chunks of %j bytes is looked at, and nothing is lost', async (sizes, total) => {
  const {start, whole} = await peek(Readable.from(sizes.map((size) => Buffer.alloc(size, 7)), {objectMode: false}), 512)
  expect([start.length, (await buffer(whole)).length]).toEqual([Math.min(512, total), total])
})
