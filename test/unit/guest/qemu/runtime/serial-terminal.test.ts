import {PassThrough, duplexPair} from 'node:stream'
import type {Duplex} from 'node:stream'
import {beforeEach, describe, expect, it} from 'vitest'
import {CancelledError, InvalidInputError, systemClock} from '../../../../../src/lib/base/index.ts'
import {escapeByte, escapeInWords, joinTerminal} from '../../../../../src/lib/guest/qemu/runtime/serial-terminal.ts'
import {runMonitor, shownText} from '../../../../../src/lib/guest/qemu/runtime/monitor-prompt.ts'
import {ToolError} from '../../../../../src/lib/base/index.ts'
import type {Terminal} from '../../../../../src/lib/tasks/index.ts'

class FakeTty extends PassThrough {
  isTTY = false
  readonly rawModes: boolean[] = []
  setRawMode(mode: boolean): this { this.rawModes.push(mode); return this }
}

let input: FakeTty
let output: FakeTty
let guest: Duplex
let stream: Duplex
let shown: string

beforeEach(() => {
  input = new FakeTty()
  output = new FakeTty()
  ;[stream, guest] = duplexPair()
  shown = ''
  output.on('data', (data: Buffer) => { shown += data.toString('latin1') })
})

const terminal = () => ({input, output}) as unknown as Terminal

function join(options: {escapeKey?: number | undefined; signal?: AbortSignal} = {}) {
  const escapeKey = 'escapeKey' in options ? options.escapeKey : 0x0f
  return joinTerminal({stream, terminal: terminal(), escapeKey, clock: systemClock, signal: options.signal ?? new AbortController().signal})
}

async function seenByGuest(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return (guest.read() as Buffer | null)?.toString('latin1') ?? ''
}

describe('a serial terminal', () => {
  it('joins both directions, byte for byte, and leaves with the key', async () => {
    input.isTTY = true
    const ending = join()
    guest.write(Buffer.from('login: \u001b[0m\u00ff', 'latin1'))
    input.write('root\u0003\r')
    expect(await seenByGuest()).toBe('root\u0003\r')
    input.write('bye\u000fnot this')
    expect(await ending).toBe('key')
    expect(await seenByGuest()).toBe('bye')
    expect(shown).toBe('login: \u001b[0m\u00ff')
    expect(input.rawModes).toEqual([true, false])
    expect(input.isPaused()).toBe(true)
  })

  it('passes the key on when there is none', async () => {
    const ending = join({escapeKey: undefined})
    input.write('\u000f')
    expect(await seenByGuest()).toBe('\u000f')
    guest.end()
    expect(await ending).toBe('guest')
  })

  it('ends with the guest, and puts the terminal back', async () => {
    input.isTTY = true
    const ending = join()
    guest.end()
    expect(await ending).toBe('guest')
    expect(input.rawModes).toEqual([true, false])
  })

  it('shows what comes until the end when there is no input', async () => {
    const ending = join()
    input.end()
    await new Promise((resolve) => setTimeout(resolve, 1_300))
    guest.write('still there')
    guest.end()
    expect(await ending).toBe('guest')
    expect(shown).toBe('still there')
  })

  it('waits for the answer to piped input until the guest is silent', async () => {
    const ending = join()
    input.end('uname\n')
    await new Promise((resolve) => setTimeout(resolve, 500))
    guest.write('Linux\n')
    expect(await ending).toBe('input')
    expect(shown).toBe('Linux\n')
  })

  it('ends with the reader of its output', async () => {
    const ending = join()
    output.destroy()
    guest.write('x')
    expect(await ending).toBe('output')
  })

  it('can be cancelled, and puts the terminal back', async () => {
    input.isTTY = true
    const abort = new AbortController()
    const ending = join({signal: abort.signal})
    abort.abort()
    await expect(ending).rejects.toBeInstanceOf(CancelledError)
    expect(input.rawModes).toEqual([true, false])
  })
})

describe('the key that leaves it', () => {
  it.each([['^O', 15], ['^o', 15], ['^]', 29], ['^@', 0], ['0x1d', 29], ['29', 29], ['0', 0], ['none', undefined]])('%s is %s', (text, byte) => { expect(escapeByte(text)).toBe(byte) })
  it.each(['', 'O', '^', '^OO', '0x', '0x100', '256', '-1', '1e1', '^ä'])('%j is none', (text) => { expect(() => escapeByte(text)).toThrow(InvalidInputError) })
  it('has a name', () => { expect([escapeInWords(15), escapeInWords(113), escapeInWords(200)]).toEqual(['Ctrl-O', "'q'", 'character 200']) })
})

describe('the monitor', () => {
  const warnings: string[] = []
  const log = {info: () => undefined, warn: (line: string) => { warnings.push(line) }, progress: () => undefined}

  function monitor(execute: (line: string) => Promise<unknown>, signal = new AbortController().signal) {
    return runMonitor({vmid: 100, terminal: terminal(), log, signal, execute})
  }

  it('runs the lines of a pipe one after the other, without a prompt', async () => {
    const asked: string[] = []
    const done = monitor(async (line) => { asked.push(line); return `${line}: yes\r\n` })
    input.end('info a\n\n  info b  \nquit\ninfo c\n')
    await done
    expect(asked).toEqual(['info a', 'info b'])
    expect(shown).toBe('info a: yes\ninfo b: yes\n')
  })

  it('goes on after a refusal, and not after a lost QEMU', async () => {
    warnings.length = 0
    const done = monitor(async (line) => {
      if (line === 'bad') throw new ToolError('QEMU refused it', {host: 'h1', argv: [], exitCode: null, stderr: ''})
      if (line === 'gone') throw new Error('gone')
      return 'fine'
    })
    input.end('bad\ngood\ngone\nnever\n')
    await expect(done).rejects.toThrow('gone')
    expect(warnings).toEqual(['QEMU refused it'])
    expect(shown).toBe('fine\n')
  })

  it('prompts a person', async () => {
    input.isTTY = true
    output.isTTY = true
    const done = monitor(async () => 'VM status: running')
    input.write('info status\r')
    input.write('q\r')
    await done
    expect(shown).toContain('qm> ')
    expect(shown).toContain('VM status: running\n')
  })

  it('can be cancelled', async () => {
    const abort = new AbortController()
    const done = monitor(async () => '', abort.signal)
    abort.abort()
    await expect(done).rejects.toBeInstanceOf(CancelledError)
  })

  it('shows nothing that a terminal would obey', () => {
    expect(shownText('a\r\nb\u001b]0;x\u0007\tc\u009b\u202ed')).toBe('a\nb]0;x\tcd')
    expect(shownText({})).toBe('')
  })
})
