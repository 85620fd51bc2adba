// Reads monitor commands line by line, from a person or from a pipe, and shows the answers.
import {createInterface} from 'node:readline'
import {CancelledError, ToolError, errorChain} from '../../../base/index.ts'
import type {Log, Terminal} from '../../../tasks/index.ts'

export interface MonitorOptions {
  readonly vmid: number
  readonly terminal: Terminal
  readonly log: Log
  readonly signal: AbortSignal
  /** Runs one command and gives its text. */
  readonly execute: (line: string) => Promise<unknown>
}

const maxLineLength = 16 * 1024

/** Runs until `quit` or the end of the input. @throws CancelledError, what execute throws except a refusal */
export async function runMonitor({vmid, terminal, log, signal, execute}: MonitorOptions): Promise<void> {
  const {input, output} = terminal
  const isInteractive = input.isTTY === true && output.isTTY === true
  if (isInteractive) output.write(`Monitor of virtual machine ${vmid}. 'help' lists the commands, 'quit' leaves.\n`)
  const lines = createInterface({input, ...(isInteractive ? {output, prompt: 'qm> '} : {}), terminal: isInteractive, crlfDelay: Infinity})
  const onAbort = () => lines.close()
  signal.addEventListener('abort', onAbort, {once: true})
  // In raw mode readline gets Ctrl-C, and no signal comes.
  lines.on('SIGINT', () => lines.close())
  try {
    if (isInteractive) lines.prompt()
    for await (const text of lines) {
      const line = text.trim().slice(0, maxLineLength)
      if (line === 'quit' || line === 'q') break
      if (line !== '') await answer(line, {output, log, execute})
      if (isInteractive) lines.prompt()
    }
    if (signal.aborted) throw new CancelledError()
  } finally {
    signal.removeEventListener('abort', onAbort)
    lines.close()
    input.pause()
  }
}

async function answer(line: string, {output, log, execute}: Pick<MonitorOptions, 'log' | 'execute'> & {output: Terminal['output']}): Promise<void> {
  try {
    const text = shownText(await execute(line))
    if (text !== '') output.write(text.endsWith('\n') ? text : `${text}\n`)
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    log.warn(errorChain(error).join(': '))
  }
}

/** What QEMU says may hold text of the guest: nothing that a terminal would obey is passed on. */
export function shownText(answer: unknown): string {
  if (typeof answer !== 'string') return ''
  return answer.replace(/\r\n/g, '\n').replace(/[^\P{Cc}\n\t]|\p{Cf}/gu, '')
}
