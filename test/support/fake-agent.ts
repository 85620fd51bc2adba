// A guest agent for tests: a server on a socket that answers from a table, and can misbehave byte by byte.
import {createServer} from 'node:net'
import type {Server, Socket} from 'node:net'
import {mkdir} from 'node:fs/promises'
import {dirname} from 'node:path'

export type AgentAnswer = (args: Readonly<Record<string, unknown>>, socket: Socket) => unknown

export interface AgentQuestion { readonly command: string; readonly args: Readonly<Record<string, unknown>> }

/** What the server sends by itself instead of a plain return. */
export class RawAnswer {
  readonly bytes: string | Buffer
  constructor(bytes: string | Buffer) { this.bytes = bytes }
}

export const refused = (description: string, errorClass = 'GenericError') => new RawAnswer(`${JSON.stringify({error: {class: errorClass, desc: description}})}\n`)
/** No answer at all. */
export const silent = new RawAnswer('')

const delimiter = Buffer.from([0xff])

/** guest-sync-delimited is answered as the real agent does; everything else from the table, unknown commands as the real agent refuses them. */
export class FakeAgent {
  readonly asked: AgentQuestion[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #answers: Readonly<Record<string, AgentAnswer>>

  constructor(answers: Readonly<Record<string, AgentAnswer>> = {}) {
    this.#answers = answers
    this.#server = createServer((socket) => this.#serve(socket))
  }

  async listen(path: string): Promise<this> {
    await mkdir(dirname(path), {recursive: true, mode: 0o700})
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(path, resolve)
    })
    return this
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => { this.#server.close(() => { resolve() }) })
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let rest = ''
    socket.on('data', (data: Buffer) => {
      rest += data.toString('latin1').replaceAll('\u00ff', '')
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#answer(line, socket)
    })
  }

  #answer(line: string, socket: Socket): void {
    const {execute, arguments: args = {}} = JSON.parse(line) as {execute: string; arguments?: Record<string, unknown>}
    this.asked.push({command: execute, args})
    const own = this.#answers[execute]
    if (own === undefined && execute === 'guest-sync-delimited') {
      socket.write(Buffer.concat([delimiter, Buffer.from(`${JSON.stringify({return: args['id']})}\n`)]))
      return
    }
    const answer = own === undefined ? refused(`The command ${execute} has not been found`, 'CommandNotFound') : own(args, socket)
    socket.write(answer instanceof RawAnswer ? answer.bytes : `${JSON.stringify({return: answer})}\n`)
  }
}
