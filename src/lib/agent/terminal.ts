// `corral-agent --terminal`: the second channel of a client, which has a pty. It reads a one-time token without showing it and runs the
// interactive command that was left for it, on this very terminal. How the command ended, the client asks over its first channel.
import {ForbiddenError, errorChain, printable} from '../base/index.ts'
import {terminalReady} from '../host/protocol/index.ts'
import type {Log} from '../tasks/index.ts'
import {runHandler} from '../tasks/index.ts'
import {localContext} from '../tasks/local-context.ts'
import {checkInvocation} from './invocation.ts'
import type {AgentParts} from './stdio.ts'
import {leaveEnd, leaveProcess, takeInvocation} from './terminal-tokens.ts'

const maxTokenBytes = 128
const tokenLimitMs = 15_000

/** Ends the process: 0 when the command ended well, 1 else. */
export async function runTerminal(parts: AgentParts): Promise<void> {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => stop.abort())
  const {stdin, stdout, stderr} = process
  const say = (line: string) => { stderr.write(`${printable(line)}\n`) }
  const log: Log = {info: () => undefined, progress: () => undefined, notice: say, warn: (message) => say(`Warning: ${message}`)}
  try {
    const token = await readToken(stdin, stdout)
    const catalog = await parts.catalog()
    const {context, close} = await localContext({
      env: parts.env, catalog, workerArgv: parts.workerArgv, log, signal: stop.signal, terminal: {input: stdin, output: stdout},
    })
    const left = await takeInvocation(token, context)
    const self = await context.host.process(process.pid)
    if (self !== undefined) await leaveProcess(token, self, context)
    let failure: unknown
    try {
      const {entry, params, environment} = await checkInvocation('terminal', left, catalog)
      const {handler} = await entry.handler()
      const outcome = await runHandler(handler, params, {...context, environment})
      const lines = outcome.outcome === 'done' && handler.text !== undefined ? handler.text(outcome.result as never) : []
      if (lines.length > 0) stdout.write(`${lines.join('\n')}\n`)
    } catch (error) {
      failure = error
    }
    await leaveEnd(token, failure, context)
    await close()
    process.exit(failure === undefined ? 0 : 1)
  } catch (error) {
    say(errorChain(error).join(': '))
    process.exit(1)
  }
}

/** The first line of the input; what follows it stays there. @throws ForbiddenError when none comes */
async function readToken(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<string> {
  const isTerminal = input.isTTY === true
  if (isTerminal) input.setRawMode(true)
  output.write(terminalReady)
  try {
    return await new Promise<string>((resolve, reject) => {
      let read = Buffer.alloc(0)
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        input.off('data', onData)
        input.off('end', onEnd)
        input.pause()
        settle()
      }
      const refuse = () => finish(() => reject(new ForbiddenError('no token came for this terminal')))
      const onEnd = refuse
      const onData = (chunk: Buffer) => {
        read = Buffer.concat([read, chunk])
        const end = read.findIndex((byte) => byte === 0x0a || byte === 0x0d)
        if (end === -1 && read.length > maxTokenBytes) { refuse(); return }
        if (end === -1) return
        finish(() => {
          const rest = read.subarray(end + 1)
          if (rest.length > 0) input.unshift(rest)
          resolve(read.toString('latin1', 0, end))
        })
      }
      const timer = setTimeout(refuse, tokenLimitMs)
      input.on('data', onData)
      input.on('end', onEnd)
    })
  } finally {
    if (isTerminal) input.setRawMode(false)
  }
}
