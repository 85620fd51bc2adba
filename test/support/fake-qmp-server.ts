// A QMP monitor for tests: answers commands from a table, sends events when told, and can misbehave byte by byte.
import {createServer} from 'node:net'
import type {Server, Socket} from 'node:net'

export interface FakeQmpAnswer { readonly return?: unknown; readonly error?: {readonly class: string; readonly desc: string} }
export type FakeQmpHandler = (args: Record<string, unknown>, peer: FakeQmpPeer) => FakeQmpAnswer | undefined

/** One connected client. */
export interface FakeQmpPeer {
  readonly id: unknown
  send(message: unknown): void
  sendRaw(bytes: string | Buffer): void
  end(): void
}

export const defaultGreeting = {QMP: {version: {qemu: {major: 7, minor: 2, micro: 22}, package: 'Debian 1:7.2'}, capabilities: ['oob']}}

export interface FakeQmpOptions {
  /** undefined: say nothing. */
  greeting?: unknown
  rawGreeting?: string | Buffer
  answers?: Readonly<Record<string, unknown>>
}

export class FakeQmpServer {
  readonly received: {command: string; args: Record<string, unknown>}[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #options: FakeQmpOptions

  constructor(options: FakeQmpOptions = {}) {
    this.#options = {greeting: defaultGreeting, ...options}
    this.#server = createServer((socket) => this.#serve(socket))
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(path, resolve)
    })
  }

  /** Sends an event to every client. */
  event(name: string, data: Record<string, unknown> = {}): void {
    this.broadcast(`${JSON.stringify({event: name, data, timestamp: {seconds: 1, microseconds: 500_000}})}\r\n`)
  }

  broadcast(bytes: string | Buffer): void {
    for (const socket of this.#sockets) socket.write(bytes)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => { this.#server.close(() => resolve()) })
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (this.#options.rawGreeting !== undefined) socket.write(this.#options.rawGreeting)
    else if (this.#options.greeting !== undefined) socket.write(`${JSON.stringify(this.#options.greeting)}\r\n`)
    let rest = ''
    socket.on('data', (chunk: Buffer) => {
      rest += chunk.toString('utf8')
      for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 1)
        if (line.trim() !== '') this.#answer(socket, JSON.parse(line) as {execute: string; arguments?: Record<string, unknown>; id: unknown})
      }
    })
  }

  #answer(socket: Socket, request: {execute: string; arguments?: Record<string, unknown>; id: unknown}): void {
    const args = request.arguments ?? {}
    this.received.push({command: request.execute, args})
    const peer: FakeQmpPeer = {
      id: request.id,
      send: (message) => { socket.write(`${JSON.stringify(message)}\r\n`) },
      sendRaw: (bytes) => { socket.write(bytes) },
      end: () => { socket.end() },
    }
    const known = this.#options.answers ?? {}
    if (request.execute in known) {
      const answer = known[request.execute]
      if (typeof answer === 'function') {
        const reply = (answer as FakeQmpHandler)(args, peer)
        if (reply !== undefined) peer.send({...reply, id: request.id})
      } else {
        peer.send({return: answer, id: request.id})
      }
      return
    }
    if (request.execute === 'qmp_capabilities') { peer.send({return: {}, id: request.id}); return }
    peer.send({error: {class: 'CommandNotFound', desc: `The command ${request.execute} has not been found`}, id: request.id})
  }
}
