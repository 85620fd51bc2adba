// Reads monitor commands line by line, from a person or from a pipe, and shows the answers.
import {createInterface} from 'node:readline'
import {CancelledError, InvalidInputError, ToolError, errorChain} from '../../../base/index.ts'
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
/** Characters have at most four bytes, and a chunk of a pipe 64 KiB. */
const maxLineBytes = 4 * maxLineLength + 64 * 1024

/** Runs until `quit` or the end of the input. @throws CancelledError, InvalidInputError for a line that is too long, what execute throws except a refusal */
export async function runMonitor({vmid, terminal, log, signal, execute}: MonitorOptions): Promise<void> {
  const {input, output} = terminal
  const isInteractive = input.isTTY === true && output.isTTY === true
  if (isInteractive) output.write(`Monitor of virtual machine ${vmid}. 'help' lists the commands, 'quit' leaves.\n`)
  const lines = createInterface({input, ...(isInteractive ? {output, prompt: 'qm> '} : {}), terminal: isInteractive, crlfDelay: Infinity})
  const onAbort = () => lines.close()
  signal.addEventListener('abort', onAbort, {once: true})
  // readline keeps a line until it ends, and that of a pipe may never end.
  const watchLength = lengthWatcher(() => lines.close())
  input.on('data', watchLength.take)
  // In raw mode readline gets Ctrl-C, and no signal comes.
  lines.on('SIGINT', () => lines.close())
  try {
    if (isInteractive) lines.prompt()
    for await (const text of lines) {
      if (text.length > maxLineLength) throw lineTooLong()
      const line = text.trim()
      if (line === 'quit' || line === 'q') break
      if (line !== '') await answer(line, {output, log, execute})
      if (isInteractive) lines.prompt()
    }
    if (watchLength.isTooLong()) throw lineTooLong()
    if (signal.aborted) throw new CancelledError()
  } finally {
    signal.removeEventListener('abort', onAbort)
    input.off('data', watchLength.take)
    lines.close()
    input.pause()
  }
}

function lineTooLong(): InvalidInputError {
  return new InvalidInputError(`a line of the input is longer than ${maxLineLength} characters, which no command is`)
}

/** Counts what came since the last line end (a terminal in raw mode sends `\r`), and tells once when it is too much. */
function lengthWatcher(onTooLong: () => void): {take: (chunk: Buffer | string) => void; isTooLong: () => boolean} {
  let bytes = 0
  let isTooLong = false
  return {
    take: (chunk) => {
      const data = Buffer.from(chunk)
      const end = Math.max(data.lastIndexOf('\n'), data.lastIndexOf('\r'))
      bytes = end === -1 ? bytes + data.length : data.length - end - 1
      if (isTooLong || bytes <= maxLineBytes) return
      isTooLong = true
      onTooLong()
    },
    isTooLong: () => isTooLong,
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
