// A program for a host at the other end of a real connection: no agent of ours, but the same streams, with methods that only move bytes.
import {createHash} from 'node:crypto'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {takeStandardStreams} from '../../src/lib/agent/process-stream.ts'
import {openPeer} from '../../src/lib/host/protocol/index.ts'

const peer = openPeer(takeStandardStreams(), {role: 'agent', name: 'the client'})
const streamOf = (params: unknown) => (params as {stream: number}).stream
peer.handle({
  /** Gives back what comes, as it comes. */
  echo: async (params, call) => {
    const stream = call.attachStream(streamOf(params))
    for await (const chunk of stream.iterator({destroyOnReturn: false})) if (!stream.write(chunk)) await once(stream, 'drain')
    stream.end()
    await once(stream, 'finish')
    return null
  },
  /** Takes all and gives its hash. */
  take: async (params, call) => {
    const hash = createHash('sha256')
    let sizeBytes = 0
    for await (const chunk of call.attachStream(streamOf(params)) as AsyncIterable<Buffer>) { hash.update(chunk); sizeBytes += chunk.length }
    return {sha256: hash.digest('hex'), sizeBytes}
  },
  /** The most memory that this process had. */
  memory: async () => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024,
})
await peer.closed
process.exit(0)
