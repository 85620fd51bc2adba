// Asks the user on their terminal for what SSH needs: whether a host key is right, the passphrase of a key. Nothing is asked where nobody sits.
import {createInterface} from 'node:readline'
import {Writable} from 'node:stream'
import type {SshPrompt} from '../host/ssh/index.ts'

/** undefined when input or the error stream is no terminal. Questions go to the error stream, because data goes to the other one. */
export function terminalPrompt(): SshPrompt | undefined {
  const {stdin, stderr} = process
  if (!stdin.isTTY || !stderr.isTTY) return undefined
  const read = (question: string, isSecret: boolean) => new Promise<string | undefined>((resolve) => {
    stderr.write(question)
    const silent = new Writable({write: (_chunk, _encoding, done) => { done() }})
    const lines = createInterface({input: stdin, output: isSecret ? silent : stderr, terminal: true, historySize: 0})
    let answer: string | undefined
    lines.once('line', (line) => { answer = line; lines.close() })
    lines.once('SIGINT', () => { lines.close() })
    lines.once('close', () => {
      if (isSecret || answer === undefined) stderr.write('\n')
      stdin.pause()
      resolve(answer)
    })
  })
  return {
    ask: (lines, question) => {
      for (const line of lines) stderr.write(`${line}\n`)
      return read(question, false)
    },
    askSecret: (question) => read(question, true),
    notice: (line) => { stderr.write(`${line}\n`) },
  }
}
