// A round of automatic ballooning: who takes part, what is asked of QEMU, and what becomes of a guest that does not answer.
import {describe, expect, it} from 'vitest'
import {AppError} from '../../../../../src/lib/base/index.ts'
import {balanceMemory, balloonWish, parseMeminfo} from '../../../../../src/lib/guest/qemu/ballooning/balloon-round.ts'
import type {BalloonMonitor} from '../../../../../src/lib/guest/qemu/ballooning/balloon-round.ts'
import {machineRoom} from '../support/run-qm.ts'

const gibibyte = 1024 ** 3

describe('who takes part', () => {
  it.each([
    [{memory: '2048', balloon: '1024'}, {vmid: 100, minBytes: gibibyte, maxBytes: 2 * gibibyte, shares: 1000}],
    [{memory: 'current=2048', balloon: '1024', shares: '5'}, {vmid: 100, minBytes: gibibyte, maxBytes: 2 * gibibyte, shares: 5}],
    [{memory: '2048'}, undefined], [{memory: '2048', balloon: '0'}, undefined], [{memory: '2048', balloon: '2048'}, undefined], [{balloon: '512'}, undefined],
    [{memory: '2048', balloon: '1024', shares: '0'}, undefined], [{memory: '2048', balloon: '1024', lock: 'snapshot'}, undefined],
    [{memory: '2048', balloon: '1024', template: '1'}, undefined], [{memory: '2048', balloon: 'much'}, undefined], [{memory: 'x', balloon: '5'}, undefined],
  ])('%j', (values, wish) => { expect(balloonWish(100, values as unknown as Record<string, string>)).toEqual(wish) })
})

it('the memory of the host is read', () => {
  expect(parseMeminfo('MemTotal:       1024 kB\nMemFree: 5 kB\nMemAvailable:    256 kB\n')).toEqual({totalBytes: 1024 * 1024, usedBytes: 768 * 1024})
  expect(() => parseMeminfo('MemTotal: 5 kB\n')).toThrow(AppError)
})

describe('a round', () => {
  function monitor(actual: unknown, log: unknown[]): BalloonMonitor {
    return {execute: async (command, args) => {
      if (command === 'query-balloon') return actual instanceof Error ? Promise.reject(actual) : {actual}
      log.push([command, args])
      return {}
    }}
  }

  it('moves the balloons of those that answer', async () => {
    const context = await (await machineRoom()).open()
    const lines = 'memory: 2048\nballoon: 1024\n'
    await context.store.commit({put: {
      ...Object.fromEntries([100, 101, 102, 103].map((vmid) => [`nodes/h1/qemu-server/${vmid}.conf`, lines])), 'nodes/h1/qemu-server/104.conf': 'memory: 2048\n',
    }})
    const host = {...context.host, files: {...context.host.files, readText: async (path: string) => path === '/proc/meminfo' ? 'MemTotal: 104857600 kB\nMemAvailable: 104857600 kB\n' : context.host.files.readText(path)}}
    const log: unknown[] = []
    const monitors = new Map([
      [100, monitor(gibibyte, log)], [101, monitor(new Error('gone'), log)], [102, monitor('much', log)], [103, monitor(99 * gibibyte, log)], [104, monitor(gibibyte, log)], [999, monitor(gibibyte, log)],
    ])
    await balanceMemory({host, node: 'h1', store: context.store, monitors, reportDetail: () => undefined})
    expect(log).toEqual([['balloon', {value: gibibyte + Math.round(2048 * 0.1) * 1024 ** 2}]])
  })
})
