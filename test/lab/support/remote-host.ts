// A lab host as a Host: what runs there is the product's own local Host, in host-server.ts, which keeps answering over one SSH connection. Handlers
// and storage plugins that are tested with it run here, where Node is twenty times as fast.
import {resolve} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {rolldown} from 'rolldown'
import {AppError, ToolError, UnsupportedError} from '../../../src/lib/base/index.ts'
import type {ToolFailure} from '../../../src/lib/base/index.ts'
import type {Host, HostFiles, ProcessId, RunOptions, RunResult} from '../../../src/lib/host/index.ts'
import {openPeer} from '../../../src/lib/host/protocol/index.ts'
import type {CallOptions, Peer} from '../../../src/lib/host/protocol/index.ts'
import type {SshConnection} from '../../../src/lib/host/ssh/index.ts'
import {fromWire, toWire} from './wire.ts'

export interface RemoteHost {
  readonly host: Host
  close(): void
}

/** A call takes a mebibyte, in base64. */
const partBytes = 512 * 1024
const programPath = '/run/corral-lab/host-server.mjs'
const fileMethods: readonly (keyof HostFiles)[] = [
  'read', 'readText', 'readAt', 'write', 'append', 'writeInPlace', 'stat', 'list', 'makeDirectory', 'rename', 'remove', 'removeTree', 'symlink', 'realPath', 'space',
]

/** Puts the program there and starts it. @throws UnavailableError */
export async function openRemoteHost(name: string, connection: SshConnection): Promise<RemoteHost> {
  await connection.upload(await serverProgram(), programPath, 0o644)
  // Its threads would wait for each other on emulated processors: it is twice as fast without.
  const channel = await connection.exec(`exec node --single-threaded ${programPath} ${name}`)
  let complaint = ''
  channel.stderr.on('data', (chunk: Buffer) => { complaint = (complaint + chunk.toString()).slice(-10_000) })
  const peer = openPeer(channel.stream, {role: 'client', name: `lab host ${name}`, silenceMs: 300_000})
  const call: Call = async (method, args, options) => {
    try {
      return fromWire(await peer.call(method, toWire({args}), options))
    } catch (error) {
      if (complaint !== '') console.error(`lab host ${name}: ${complaint}`)
      complaint = ''
      throw asToolError(error)
    }
  }
  const valueOf = async (method: string, args: readonly unknown[]): Promise<unknown> => (await call(method, args) as {value?: unknown}).value
  const files = Object.fromEntries(fileMethods.map((method) => [method, (...args: readonly unknown[]) => valueOf('file', [method, ...args])])) as unknown as HostFiles
  const host: Host = {
    name, files: {...files, append: async (path, data) => {
      const bytes = Buffer.from(data)
      for (let at = 0; at === 0 || at < bytes.length; at += partBytes) await files.append(path, bytes.subarray(at, at + partBytes))
    }},
    run: (argv, options = {}) => runThere(peer, call, argv, options),
    download: notHere, openTree: notHere, openMountSpace: notHere, runInForeground: notHere,
    spawnDetached: async (argv, options = {}) => await call('spawnDetached', [argv, options]) as ProcessId,
    process: async (pid) => await valueOf('process', [pid]) as ProcessId | undefined,
    kill: async (target, signal) => await call('kill', [target, signal]) as boolean,
    which: async (program) => await valueOf('which', [program]) as string | undefined,
    connect: async (path, timeoutMs) => {
      const {id, stream} = peer.openStream()
      void call('connect', [path, timeoutMs ?? 10_000, id]).catch((error: unknown) => { stream.destroy(error as Error) })
      return stream
    },
  }
  return {host, close: () => { peer.close() }}
}

/** What no storage plugin asks for. */
async function notHere(): Promise<never> {
  throw new UnsupportedError('a lab host does not do that from outside')
}

type Call = (method: string, args: readonly unknown[], options?: CallOptions) => Promise<unknown>

async function runThere(peer: Peer, call: Call, argv: readonly string[], {signal, onLine, inputStream, outputStream, ...options}: RunOptions): Promise<RunResult> {
  const [input, output] = [inputStream, outputStream].map((stream) => stream === undefined ? undefined : peer.openStream())
  if (inputStream !== undefined && input !== undefined) pipeline(inputStream, input.stream).catch(() => undefined)
  // It stays open for its owner, who may have more to write.
  const taken = output === undefined || outputStream === undefined ? undefined : pipeline(output.stream, outputStream, {end: false})
  taken?.catch(() => undefined)
  const result = await call('run', [argv, options, onLine !== undefined, input?.id ?? null, output?.id ?? null], {
    ...(signal === undefined ? {} : {signal, cancelGraceMs: 30_000}),
    ...(onLine === undefined ? {} : {onEvent: (event) => { const {line, stream} = event as {line: string; stream: 'stdout' | 'stderr'}; onLine(line, stream) }}),
  }) as RunResult
  await taken
  return result
}

/** The protocol tells of a failed program by its sentences and data; plugins look at the failure. */
function asToolError(error: unknown): unknown {
  if (!(error instanceof AppError) || error.kind !== 'tool' || error instanceof ToolError || error.data['argv'] === undefined) return error
  return new ToolError(error.message, error.data as unknown as ToolFailure)
}

let program: Promise<Buffer> | undefined

/** In one file with the packages that it uses, since the host has none of them. */
function serverProgram(): Promise<Buffer> {
  program ??= (async () => {
    const build = await rolldown({input: resolve(import.meta.dirname, 'host-server.ts'), platform: 'node', logLevel: 'silent'})
    try {
      const {output} = await build.generate({format: 'esm', codeSplitting: false})
      return Buffer.from(output[0].code)
    } finally {
      await build.close()
    }
  })()
  return program
}
