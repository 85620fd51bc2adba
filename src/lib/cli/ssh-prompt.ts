// Asks the user on the terminal that the process belongs to, whatever its input and output are: unknown host keys, passphrases. Where there
// is no terminal, there is nobody to ask, and there is no prompt.
import {closeSync, openSync, writeSync} from 'node:fs'
import {ReadStream} from 'node:tty'
import {printable} from '../base/index.ts'
import type {SshPrompt} from '../host/ssh/index.ts'

const terminalPath = '/dev/tty'
const maxAnswerBytes = 4096
const [interrupt, endOfInput, lineFeed, carriageReturn, backspace, erase, killLine] = [0x03, 0x04, 0x0a, 0x0d, 0x08, 0x7f, 0x15]

/** A prompt that tells whether it is in use: who waits with a limit of time must not count the time in which the user thinks. */
export interface WatchedPrompt extends SshPrompt {
  /** Grows when a question is asked and when it is answered; odd while one is open. */
  questions(): number
}

/** undefined when the process has no terminal. */
export function terminalPrompt(): WatchedPrompt | undefined {
  if (!hasTerminal()) return undefined
  let count = 0
  let last: Promise<unknown> = Promise.resolve()
  // Several hosts may have questions at the same time.
  const inTurn = (work: () => Promise<string | undefined>): Promise<string | undefined> => {
    const answer = last.then(async () => {
      count++
      try {
        return await work()
      } finally {
        count++
      }
    })
    last = answer.catch(() => undefined)
    return answer
  }
  return {
    questions: () => count,
    ask: (lines, question) => inTurn(() => askOnTerminal([...lines.map((line) => `${printable(line)}\n`), printable(question)].join(''), {isSecret: false})),
    askSecret: (question) => inTurn(() => askOnTerminal(printable(question), {isSecret: true})),
    notice: (line) => { tell(`${printable(line)}\n`) },
  }
}

/** Where neither input nor messages go to a terminal, the call is a program's, and would wait for an answer that nobody gives. */
function hasTerminal(): boolean {
  if (process.stdin.isTTY !== true && process.stderr.isTTY !== true) return false
  try {
    closeSync(openSync(terminalPath, 'r+'))
    return true
  } catch {
    return false
  }
}

function tell(text: string): void {
  const terminal = openSync(terminalPath, 'w')
  try {
    writeSync(terminal, text)
  } finally {
    closeSync(terminal)
  }
}

/** Reads one line; undefined at the end of the input or with Ctrl-C in a secret (elsewhere that is a signal). */
function askOnTerminal(text: string, {isSecret}: {isSecret: boolean}): Promise<string | undefined> {
  tell(text)
  const input = new ReadStream(openSync(terminalPath, 'r'))
  // The terminal's own way of reading a line would show it.
  if (isSecret) input.setRawMode(true)
  return new Promise((resolve) => {
    const read: number[] = []
    let isDone = false
    const finish = (answer: string | undefined) => {
      if (isDone) return
      isDone = true
      if (isSecret) {
        input.setRawMode(false)
        tell('\n')
      }
      input.destroy()
      resolve(answer)
    }
    input.on('data', (chunk: Buffer) => {
      for (const byte of chunk) {
        if (byte === lineFeed || byte === carriageReturn) { finish(Buffer.from(read).toString('utf8')); return }
        if (isSecret && (byte === interrupt || byte === endOfInput)) { finish(undefined); return }
        if (isSecret && (byte === backspace || byte === erase)) removeLast(read)
        else if (isSecret && byte === killLine) read.length = 0
        else if (read.length < maxAnswerBytes) read.push(byte)
      }
    })
    input.on('end', () => { finish(undefined) })
    input.on('error', () => { finish(undefined) })
  })
}

/** A character of UTF-8 has one byte that is no continuation. */
function removeLast(bytes: number[]): void {
  let byte = bytes.pop()
  while (byte !== undefined && (byte & 0xc0) === 0x80) byte = bytes.pop()
}
