// Calls to host-server.py: frames over one connection, many calls side by side. It knows nothing of what is called.
import type {Duplex, Readable} from 'node:stream'
import {UnavailableError} from '../../../src/lib/base/index.ts'

export interface Answer {
  readonly value: unknown
  readonly data: Buffer
}

/** What a call tells before it ends; `start`: a connection stands. */
export type Told = 'stdout' | 'stderr' | 'start'

export interface Calls {
  /** @throws an Error with the kernel's code; UnavailableError when the connection ends */
  ask(what: string, params: object, data?: string | Buffer): Promise<Answer>
  begin(what: string, params: object, onTold: (from: Told, data: Buffer) => void, data?: string | Buffer): {readonly id: number; readonly ended: Promise<Answer>}
  /** More input. @param done when there is room for more */
  take(id: number, data: Buffer, done?: () => void): void
  end(id: number): void
  signal(id: number, signal: string): void
  close(): void
}

interface Waiting {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
  readonly onTold?: (from: Told, data: Buffer) => void
}

interface Header { readonly id: number; readonly from?: Told; readonly value?: unknown; readonly error?: string; readonly text?: string }

export function openCalls(name: string, stream: Duplex, stderr: Readable): Calls {
  const waiting = new Map<number, Waiting>()
  let [last, complaint] = [0, '']
  let rest: Buffer = Buffer.alloc(0)
  let closed: Error | undefined
  stderr.on('data', (chunk: Buffer) => { complaint = (complaint + chunk.toString()).slice(-10_000) })
  const close = (): void => {
    if (closed !== undefined) return
    closed = new UnavailableError(`the connection to ${name} has ended${complaint === '' ? '' : `: ${complaint}`}`)
    for (const each of waiting.values()) each.reject(closed)
    waiting.clear()
    stream.destroy()
  }
  stream.on('close', close)
  stream.on('error', close)
  stream.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= 8) {
      const [headerBytes, dataBytes] = [rest.readUInt32BE(0), rest.readUInt32BE(4)]
      const end = 8 + headerBytes + dataBytes
      if (rest.length < end) break
      const header = JSON.parse(rest.toString('utf8', 8, 8 + headerBytes)) as Header
      const data = Buffer.from(rest.subarray(8 + headerBytes, end))
      rest = rest.subarray(end)
      take(header, data)
    }
  })
  const take = ({id, from, value, error, text}: Header, data: Buffer): void => {
    const call = waiting.get(id)
    if (call === undefined) return
    if (from !== undefined) { call.onTold?.(from, data); return }
    waiting.delete(id)
    if (error === undefined) call.resolve({value, data})
    else call.reject(Object.assign(new Error(text ?? error), {code: error}))
  }
  const send = (header: object, data: string | Buffer = '', done?: () => void): void => {
    if (closed !== undefined) { done?.(); return }
    const [text, bytes, lengths] = [Buffer.from(JSON.stringify(header)), Buffer.from(data), Buffer.alloc(8)]
    lengths.writeUInt32BE(text.length, 0)
    lengths.writeUInt32BE(bytes.length, 4)
    stream.write(Buffer.concat([lengths, text, bytes]), () => { done?.() })
  }
  const begin: Calls['begin'] = (what, params, onTold, data) => {
    const id = ++last
    const ended = new Promise<Answer>((resolve, reject) => {
      if (closed !== undefined) { reject(closed); return }
      waiting.set(id, {resolve, reject, onTold})
      send({...params, id, do: what}, data)
    })
    return {id, ended}
  }
  return {
    begin, close,
    ask: (what, params, data) => begin(what, params, () => undefined, data).ended,
    take: (id, data, done) => { send({id, do: 'take'}, data, done) },
    end: (id) => { send({id, do: 'end'}) },
    signal: (id, signal) => { send({id, do: 'signal', signal}) },
  }
}
