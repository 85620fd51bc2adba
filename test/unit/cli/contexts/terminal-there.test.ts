// The user's terminal joined to a command on another host: a channel and a terminal of the test's own stand on both sides.
import type {EventEmitter} from 'node:events'
import {PassThrough} from 'node:stream'
import {describe, expect, test} from 'vitest'
import {CancelledError, ConflictError, UnavailableError} from '../../../../src/lib/base/index.ts'
import {runTerminalThere} from '../../../../src/lib/cli/contexts/terminal-there.ts'
import type {HostLinks} from '../../../../src/lib/cli/contexts/host-links.ts'
import type {Surroundings} from '../../../../src/lib/cli/surroundings.ts'
import type {AgentClient} from '../../../../src/lib/host/index.ts'
import {terminalReady} from '../../../../src/lib/host/protocol/index.ts'
import type {ChannelExit, PtyOptions, SshChannel} from '../../../../src/lib/host/ssh/index.ts'
import {duplexPair} from '../../../support/duplex-pair.ts'

const token = 'f'.repeat(64)

/** A terminal that remembers its modes. */
function fakeTerminal(isTTY: boolean) {
  const modes: boolean[] = []
  const input = Object.assign(new PassThrough(), {isTTY, setRawMode: (mode: boolean) => { modes.push(mode) }})
  const output = Object.assign(new PassThrough(), {isTTY, columns: 91, rows: 33})
  let shown = ''
  output.on('data', (chunk: Buffer) => { shown += chunk.toString() })
  return {terminal: {input, output} as unknown as ReturnType<Surroundings['terminal']>, input, output, modes, shown: () => shown}
}

async function situation({isTTY = true, terminalEnd = () => Promise.resolve()}: {isTTY?: boolean; terminalEnd?: () => Promise<void>} = {}) {
  const {terminal, ...mine} = fakeTerminal(isTTY)
  const [stream, far] = duplexPair()
  const stderr = new PassThrough()
  const told: unknown[] = []
  let end: (exit: ChannelExit) => void = () => undefined
  const exit = new Promise<ChannelExit>((resolve) => { end = resolve })
  const channel: SshChannel = {
    stream, stderr, exit, resize: (size) => { told.push(size) }, signal: (name) => { told.push(name); if (name === 'TERM') end({how: 'signalled', signal: 'SIGTERM'}) },
    close: () => { told.push('closed'); end({how: 'lost'}) },
  }
  let pty: PtyOptions | undefined
  const links = {terminal: async (_host: unknown, wanted: PtyOptions | undefined) => { pty = wanted; return channel }} as unknown as HostLinks
  const attendTerminal = (_token: string, signal: AbortSignal) => new Promise<void>((_resolve, reject) => {
    signal.addEventListener('abort', () => { told.push('left'); reject(new CancelledError()) }, {once: true})
  })
  const agent = {prepareTerminal: async () => ({token}), attendTerminal, terminalEnd} as unknown as AgentClient
  const stop = new AbortController()
  let complaints = ''
  const surroundings = {terminal: () => terminal, signal: stop.signal, env: {TERM: 'xterm'}, streams: {stderr: {write: (text: string) => { complaints += text }}}} as unknown as Surroundings
  const running = runTerminalThere({command: 'qm terminal', params: {vmid: 100}, dryRun: false}, {name: 'h1', ssh: 'h1'}, {agent, links}, surroundings)
  running.catch(() => undefined)
  let received = ''
  far.on('data', (chunk: Buffer) => { received += chunk.toString() })
  await new Promise((resolve) => { setImmediate(resolve) })
  return {...mine, far, stderr, told, end, stop, running, pty: () => pty, received: () => received, complaints: () => complaints}
}

describe('a terminal on another host', () => {
  test('gets the size, the keys and the changes of size; the mode is put back', async () => {
    const there = await situation()
    expect(there.pty()).toEqual({term: 'xterm', columns: 91, rows: 33})
    there.far.write(`Welcome\r\n${terminalReady.replace('\n', '\r\n')}hello`)
    await expect.poll(there.shown).toBe('hello')
    expect(there.received()).toBe(`${token}\n`)
    expect(there.modes).toEqual([true])
    there.input.write('\u0003ls\r')
    await expect.poll(there.received).toBe(`${token}\n\u0003ls\r`)
    Object.assign(there.output, {columns: 120, rows: 40})
    there.output.emit('resize')
    expect(there.told).toEqual([{columns: 91, rows: 33}, {columns: 120, rows: 40}])
    there.end({how: 'exited', code: 0})
    expect(await there.running).toBe(0)
    expect(there.modes).toEqual([true, false])
    expect((there.output as EventEmitter).listenerCount('resize')).toBe(0)
  })

  test('shows nothing of the token, and sends it to nobody who does not say the word', async () => {
    const there = await situation()
    there.far.write('Password: ')
    there.end({how: 'exited', code: 1})
    await expect(there.running).rejects.toThrow(/could not be opened: the program ended/)
    expect(there.received()).toBe('')
    expect(there.modes).toEqual([])
  })

  test('a host that talks without end is left', async () => {
    const there = await situation()
    for (let count = 0; count < 80; count++) there.far.write('x'.repeat(1024))
    await expect(there.running).rejects.toThrow(/says something else/)
    expect(there.told).toContain('closed')
  })

  test('pipes stay pipes: no pty, the end of the input goes on, complaints are made harmless', async () => {
    const there = await situation({isTTY: false})
    expect(there.pty()).toBeUndefined()
    there.far.write(terminalReady)
    await expect.poll(there.received).toBe(`${token}\n`)
    const ended = new Promise((resolve) => { there.far.on('end', resolve) })
    there.input.end('info status\n')
    await ended
    expect(there.received()).toBe(`${token}\ninfo status\n`)
    there.stderr.write('\u001b]0;owned\u0007\n')
    there.far.write('VM status: running\n')
    await expect.poll(there.shown).toBe('VM status: running\n')
    await expect.poll(there.complaints).toBe('\\x1B]0;owned\\x07\n')
    there.end({how: 'exited', code: 0})
    expect(await there.running).toBe(0)
  })

  test('a command that failed fails here in the same way', async () => {
    const there = await situation({terminalEnd: () => Promise.reject(new ConflictError('serial0 is in use'))})
    there.far.write(terminalReady)
    await expect.poll(there.received).not.toBe('')
    there.end({how: 'exited', code: 1})
    await expect(there.running).rejects.toMatchObject({kind: 'conflict', message: 'serial0 is in use'})
  })

  test('a lost connection is told, and the mode is put back', async () => {
    const there = await situation()
    there.far.write(terminalReady)
    await expect.poll(there.received).not.toBe('')
    there.end({how: 'lost'})
    await expect(there.running).rejects.toMatchObject({kind: 'unavailable', message: 'the connection to h1 was lost; the guest goes on'})
    expect(there.modes).toEqual([true, false])
  })

  test('a signal for us is passed on', async () => {
    const there = await situation()
    there.far.write(terminalReady)
    await expect.poll(there.received).not.toBe('')
    there.stop.abort()
    await expect(there.running).rejects.toMatchObject({kind: 'cancelled'})
    expect(there.told).toContain('TERM')
    expect(there.told.at(-1)).toBe('left')
    expect(there.modes).toEqual([true, false])
  })

  test('an end that nobody knows is no failure of a command that ended well', async () => {
    const there = await situation({terminalEnd: () => Promise.reject(new UnavailableError('gone'))})
    there.far.write(terminalReady)
    await expect.poll(there.received).not.toBe('')
    there.end({how: 'exited', code: 0})
    expect(await there.running).toBe(0)
  })
})
