// Interactive commands on a host: a second channel, with a pseudo-terminal where the user has one, which the agent takes over for the
// command that was left with it. Bytes go through as they are; how the command ended is asked over the first channel.
import {CancelledError, UnavailableError, errorKind, printable, printableLines} from '../../base/index.ts'
import type {AgentClient, RemoteInvocation} from '../../host/index.ts'
import {terminalReady} from '../../host/protocol/index.ts'
import type {PtyOptions, SshChannel} from '../../host/ssh/index.ts'
import type {ContextHost} from '../../hosts/contexts.ts'
import type {Terminal} from '../../tasks/index.ts'
import type {Surroundings} from '../surroundings.ts'
import type {HostLinks} from './host-links.ts'

const maxGreetingChars = 64 * 1024
const readyLimitMs = 20_000
/** A program that was asked to end has this long, then its channel is closed. */
const endingMs = 3_000

/** @returns the exit code. @throws AppError, of the command, the host or the way to it */
export async function runTerminalThere(remote: RemoteInvocation, host: ContextHost, {agent, links}: {agent: AgentClient; links: HostLinks}, surroundings: Surroundings): Promise<number> {
  const {env} = surroundings
  const terminal = surroundings.terminal()
  const {token} = await agent.prepareTerminal(remote)
  const attending = new AbortController()
  // An agent that cannot do this leaves the command to the signals of its channel.
  const attended = agent.attendTerminal(token, attending.signal).catch(() => undefined)
  try {
    return await joinThere(token, await links.terminal(host, ptyFor(terminal, env['TERM'])), host, {agent, links}, surroundings)
  } finally {
    attending.abort()
    await attended
  }
}

async function joinThere(token: string, channel: SshChannel, host: ContextHost, {agent, links}: {agent: AgentClient; links: HostLinks}, surroundings: Surroundings): Promise<number> {
  const {signal, streams} = surroundings
  const terminal = surroundings.terminal()
  const restore: (() => void)[] = []
  try {
    const first = await untilReady(channel, host, {signal, longerMs: () => links.patienceMs(host)})
    channel.stream.write(`${token}\n`)
    await join(channel, first, {terminal, signal, restore, tell: (text) => { streams.stderr.write(text) }})
  } finally {
    for (const step of restore.reverse()) step()
    terminal.input.pause()
    channel.close()
  }
  if (signal.aborted) throw new CancelledError()
  const exit = await channel.exit
  if (exit.how === 'lost') throw new UnavailableError(`the connection to ${host.name} was lost; the guest goes on`)
  await agent.terminalEnd(token).catch((error: unknown) => {
    // A command that ended well has nothing to tell.
    if (!(exit.how === 'exited' && exit.code === 0 && errorKind(error) === 'unavailable')) throw error
  })
  return 0
}

/** A pseudo-terminal there where there is a terminal here; pipes stay pipes. */
function ptyFor({input, output}: Terminal, term: string | undefined): PtyOptions | undefined {
  if (input.isTTY !== true) return undefined
  return {term: term !== undefined && /^[A-Za-z0-9._+-]{1,64}$/.test(term) ? term : 'dumb', ...sizeOf(output)}
}

function sizeOf({columns, rows}: Terminal['output']): {columns: number; rows: number} {
  const within = (value: unknown, otherwise: number) => (typeof value === 'number' && value >= 1 && value <= 10_000 ? value : otherwise)
  return {columns: within(columns, 80), rows: within(rows, 24)}
}

/** Waits for the agent's mark; gives what came behind it. @throws UnavailableError when the channel ends or says something else */
function untilReady(channel: SshChannel, {name}: ContextHost, {signal, longerMs}: {signal: AbortSignal; longerMs: () => Promise<number | undefined>}): Promise<Buffer> {
  const {stream, stderr} = channel
  return new Promise((resolve, reject) => {
    let said = Buffer.alloc(0)
    let complaint = ''
    let isSettled = false
    const settle = (work: () => void) => {
      isSettled = true
      clearTimeout(timer)
      stream.off('data', onData)
      stderr.off('data', onComplaint)
      signal.removeEventListener('abort', onAbort)
      work()
    }
    const fail = (reason: string) => {
      const words = printableLines(`${complaint}\n${said.toString('utf8')}`.trim()).slice(-1000)
      settle(() => { reject(new UnavailableError(`the terminal on ${name} could not be opened: ${reason}`, words === '' ? {} : {cause: new Error(words)})) })
    }
    const onAbort = () => { settle(() => { reject(new CancelledError()) }) }
    const onComplaint = (chunk: Buffer) => { complaint = (complaint + chunk.toString('utf8')).slice(-4096) }
    const onData = (chunk: Buffer) => {
      said = Buffer.concat([said, chunk])
      const end = endOfMark(said)
      if (end !== undefined) {
        stream.pause()
        settle(() => { resolve(said.subarray(end)) })
      } else if (said.length > maxGreetingChars) fail('the host says something else')
    }
    const late = async (limitMs: number) => {
      const allowedMs = await longerMs().catch(() => undefined) ?? 0
      if (isSettled) return
      if (allowedMs <= limitMs) fail(`the agent did not answer within ${limitMs / 1000} s`)
      else timer = setTimeout(() => { void late(allowedMs) }, allowedMs - limitMs)
    }
    let timer = setTimeout(() => { void late(readyLimitMs) }, readyLimitMs)
    stream.on('data', onData)
    stderr.on('data', onComplaint)
    signal.addEventListener('abort', onAbort, {once: true})
    void channel.exit.then(() => { fail('the program ended') })
    if (signal.aborted) onAbort()
  })
}

/** Where what follows the agent's mark begins; a pseudo-terminal makes the line's end `\r\n`. */
function endOfMark(said: Buffer): number | undefined {
  const mark = terminalReady.trimEnd()
  const at = said.indexOf(mark)
  const end = at < 0 ? -1 : said.indexOf('\n', at + mark.length)
  return end < 0 ? undefined : end + 1
}

interface Joint {
  readonly terminal: Terminal
  readonly signal: AbortSignal
  /** What has to be put back, whatever happens. */
  readonly restore: (() => void)[]
  readonly tell: (text: string) => void
}

/** Joins both terminals until the program there ends. What is typed goes there, Ctrl-C too; so do signals and a new size. */
async function join(channel: SshChannel, first: Buffer, {terminal, signal, restore, tell}: Joint): Promise<void> {
  const {input, output} = terminal
  const {stream, stderr} = channel
  const listen = (source: NodeJS.EventEmitter, event: string, listener: (...values: never[]) => void) => {
    source.on(event, listener as (...values: unknown[]) => void)
    restore.push(() => source.off(event, listener as (...values: unknown[]) => void))
  }
  if (input.isTTY === true) {
    input.setRawMode(true)
    restore.push(() => { input.setRawMode(false) })
    listen(output, 'resize', () => { channel.resize(sizeOf(output)) })
    channel.resize(sizeOf(output))
  }
  let giveUp: () => void = () => undefined
  const givenUp = new Promise<void>((resolve) => { giveUp = resolve })
  const onAbort = () => {
    channel.signal('TERM')
    // A host that is gone reports no end.
    const timer = setTimeout(giveUp, endingMs)
    restore.push(() => { clearTimeout(timer) })
  }
  signal.addEventListener('abort', onAbort, {once: true})
  restore.push(() => { signal.removeEventListener('abort', onAbort) })

  if (first.length > 0) output.write(first)
  listen(stream, 'data', (chunk: Buffer) => { if (!output.write(chunk)) stream.pause() })
  listen(output, 'drain', () => stream.resume())
  // Nobody reads any more: the program there is to notice.
  for (const event of ['error', 'close']) listen(output, event, onAbort)
  listen(stderr, 'data', (chunk: Buffer) => { tell(linesForTerminal(chunk)) })
  listen(input, 'data', (chunk: Buffer | string) => { if (!stream.write(chunk)) input.pause() })
  listen(stream, 'drain', () => input.resume())
  for (const event of ['end', 'error']) listen(input, event, () => { stream.end() })
  stream.resume()
  input.resume()
  if (signal.aborted) onAbort()
  await Promise.race([channel.exit, givenUp])
}

/** The agent's own words beside the data; a host is not trusted with our terminal where no terminal of its own was asked for. */
function linesForTerminal(chunk: Buffer): string {
  return chunk.toString('utf8').split('\n').map(printable).join('\n')
}
