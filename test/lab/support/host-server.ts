// The program that lets a lab host be used as a Host from outside: answers calls over standard input and output with the Host of the machine that it
// runs on. For tests only; the product runs its handlers on the host instead.
import {takeStandardStreams} from '../../../src/lib/agent/process-stream.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import type {ProcessId, RunOptions} from '../../../src/lib/host/index.ts'
import {openPeer} from '../../../src/lib/host/protocol/index.ts'
import {fromWire, toWire} from './wire.ts'

const host = localHost(process.argv[2] ?? 'lab')
const peer = openPeer(takeStandardStreams(), {role: 'agent', name: 'the tests', silenceMs: 300_000})

type Arguments = {readonly args: readonly unknown[]}
const argumentsOf = (params: unknown): readonly unknown[] => (fromWire(params) as Arguments).args

peer.handle({
  run: async (params, call) => {
    const [argv, options, wantsLines, input, output] = argumentsOf(params) as [readonly string[], RunOptions, boolean, number | null, number | null]
    const outputStream = output === null ? undefined : call.attachStream(output)
    const result = await host.run(argv, {
      ...options, signal: call.signal,
      ...(wantsLines ? {onLine: (line, stream) => { void call.emit({line, stream}) }} : {}),
      ...(input === null ? {} : {inputStream: call.attachStream(input)}),
      ...(outputStream === undefined ? {} : {outputStream}),
    })
    if (outputStream !== undefined) await new Promise((resolve) => outputStream.end(resolve))
    return toWire(result)
  },
  file: async (params) => {
    const [method, ...args] = argumentsOf(params) as [string, ...unknown[]]
    const files = host.files as unknown as Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>
    return toWire({value: await files[method]?.(...args)})
  },
  spawnDetached: async (params) => host.spawnDetached(...argumentsOf(params) as Parameters<typeof host.spawnDetached>),
  process: async (params) => toWire({value: await host.process(argumentsOf(params)[0] as number)}),
  kill: async (params) => host.kill(...argumentsOf(params) as [ProcessId, 'SIGTERM']),
  which: async (params) => toWire({value: await host.which(argumentsOf(params)[0] as string)}),
  connect: async (params, call) => {
    const [path, timeoutMs, id] = argumentsOf(params) as [string, number | undefined, number]
    const socket = await host.connect(path, timeoutMs)
    const stream = call.attachStream(id)
    socket.pipe(stream).pipe(socket)
    await new Promise((resolve) => { socket.once('close', resolve); stream.once('close', () => { socket.destroy() }); socket.on('error', () => undefined); stream.on('error', () => undefined) })
  },
})
await peer.closed
process.exit(0)
