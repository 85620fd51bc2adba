import {EventEmitter} from 'node:events'
import {expect, test} from 'vitest'
import {watchInterrupts} from '../../../src/lib/cli/interrupts.ts'

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s asks the command to stop; a second one leaves at once', (name) => {
  const source = new EventEmitter()
  const exits: number[] = []
  const interrupts = watchInterrupts(source, (code) => exits.push(code))
  expect(interrupts.signal.aborted).toBe(false)
  source.emit(name, name)
  expect(interrupts.signal.aborted).toBe(true)
  expect(exits).toEqual([])
  source.emit('SIGINT', 'SIGINT')
  expect(exits).toEqual([130])
  interrupts.stop()
  expect(source.eventNames()).toEqual([])
})
