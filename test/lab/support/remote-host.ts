// A lab host as a Host: a small program on it (host-server.py) starts programs and reads and writes files as it is asked to over one SSH connection.
// Handlers and storage plugins that are tested with it run here, where Node is twenty times as fast. Failures are told in the words of src/lib/host.
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import type {Duplex} from 'node:stream'
import {Duplex as DuplexStream, PassThrough, Readable, Writable} from 'node:stream'
import {InvalidInputError, UnavailableError, UnsupportedError} from '../../../src/lib/base/index.ts'
import {checkArgv} from '../../../src/lib/host/argv.ts'
import {fileError} from '../../../src/lib/host/file-errors.ts'
import type {FileStat, Host, HostFiles, ProcessId, RunOptions, RunResult} from '../../../src/lib/host/index.ts'
import {lineSplitter, outputTail} from '../../../src/lib/host/local/output.ts'
import {joinStreams} from '../../../src/lib/host/local/run-streams.ts'
import {cancelledError, endingError, startError, timeoutError} from '../../../src/lib/host/run-errors.ts'
import type {SshConnection} from '../../../src/lib/host/ssh/index.ts'
import type {Calls} from './host-calls.ts'
import {openCalls} from './host-calls.ts'

export interface RemoteHost {
  readonly host: Host
  close(): void
}

const programPath = '/run/corral-lab/host-server.py'
const [graceMs, abandonMs] = [5000, 20_000]
/** Limits are meant for real processors; Ceph's command line alone takes five seconds to start here, and a busy machine makes them a minute. */
const slowness = 20
/** The longest that setTimeout waits; more would be no time at all. */
const longestMs = 2 ** 31 - 1
const defaultTimeoutMs = 60_000
const defaultMaxBytes = 4 * 1024 * 1024
const partBytes = 1024 * 1024

/** Puts the program there and starts it. @throws UnavailableError */
export async function openRemoteHost(name: string, connection: SshConnection): Promise<RemoteHost> {
  await connection.upload(await readFile(join(import.meta.dirname, 'host-server.py')), programPath, 0o644)
  // Without `site`, which nobody needs, it starts in half the time.
  const channel = await connection.exec(`exec python3 -ISE ${programPath}`)
  const calls = openCalls(name, channel.stream, channel.stderr)
  const files = filesOf(calls)
  const host: Host = {
    name, files,
    run: (argv, options = {}) => run(name, calls, argv, options),
    download: notHere, openTree: notHere, openScratchFile: notHere, openMountSpace: notHere, listen: notHere, runInForeground: notHere,
    spawnDetached: async (argv, {input, ...options} = {}) => {
      checkArgv(argv)
      try {
        return (await calls.ask('spawnDetached', {argv, ...options, input: input !== undefined}, input)).value as ProcessId
      } catch (error) {
        throw startError(error, name, argv, options.cwd)
      }
    },
    process: async (pid) => (await calls.ask('process', {pid})).value as ProcessId | null ?? undefined,
    kill: async (target, signal) => (await calls.ask('kill', {...target, signal})).value as boolean,
    which: async (wanted) => (await calls.ask('which', {program: wanted})).value as string | null ?? undefined,
    connect: (path, timeoutMs = 10_000) => connect(calls, path, timeoutMs),
  }
  return {host, close: () => { calls.close() }}
}

/** What nobody asks for here. */
async function notHere(): Promise<never> {
  throw new UnsupportedError('a lab host does not do that from outside')
}

async function run(host: string, calls: Calls, argv: readonly string[], options: RunOptions): Promise<RunResult> {
  const {program, args} = checkArgv(argv)
  const {timeoutMs = defaultTimeoutMs, signal, okExitCodes = [0], maxOutputBytes = defaultMaxBytes, onLine, secretArgs, env = {}, input} = options
  if (signal?.aborted === true) throw cancelledError(argv)
  const takesInput = input !== undefined || options.inputStream !== undefined
  const [stdout, stderr, lines] = [outputTail(maxOutputBytes), outputTail(maxOutputBytes), {stdout: lineSplitter((line) => onLine?.(line, 'stdout')), stderr: lineSplitter((line) => onLine?.(line, 'stderr'))}]
  const through = new PassThrough()
  const call = calls.begin('run', {argv: [...options.diesWithUs === true ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [], program, ...args], env, cwd: options.cwd, input: takesInput}, (from, data) => {
    if (from === 'stdout' && options.outputStream !== undefined) { if (!through.destroyed) through.write(data) } else (from === 'stdout' ? stdout : stderr).add(data)
    if (from !== 'start') lines[from].add(data)
  })
  let reason: 'timeout' | 'abort' | 'stream' | undefined
  let timer: NodeJS.Timeout | undefined
  let giveUp: () => void = () => undefined
  const abandoned = new Promise<undefined>((resolve) => { giveUp = () => { resolve(undefined) } })
  const stop = (why: typeof reason): void => {
    if (reason !== undefined) return
    reason = why
    calls.signal(call.id, 'SIGTERM')
    clearTimeout(timer)
    timer = setTimeout(() => { calls.signal(call.id, 'SIGKILL'); timer = setTimeout(giveUp, abandonMs) }, graceMs)
  }
  timer = setTimeout(() => { stop('timeout') }, Math.min(timeoutMs * slowness, longestMs))
  const onAbort = (): void => { stop('abort') }
  signal?.addEventListener('abort', onAbort, {once: true})
  if (input !== undefined) { calls.take(call.id, Buffer.from(input)); calls.end(call.id) }
  const stdin = options.inputStream === undefined ? null : new Writable({
    write: (chunk: Buffer, _encoding, done) => { calls.take(call.id, chunk, done) },
    final: (done) => { calls.end(call.id); done() },
  })
  const streams = joinStreams({stdin, stdout: through}, options, () => { stop('stream') })
  let ending: {exitCode?: number; signal?: string} | undefined
  let cannotStart: unknown
  try {
    ending = await Promise.race([call.ended.then(({value}) => value as {exitCode?: number; signal?: string}), abandoned])
  } catch (error) {
    cannotStart = error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    through.end()
  }
  if (options.outputStream === undefined) through.resume()
  const streamFailure = await streams.ended(ending === undefined)
  lines.stdout.end()
  lines.stderr.end()
  if (cannotStart !== undefined) throw startError(cannotStart, host, argv, options.cwd, secretArgs)
  if (reason === 'timeout') throw timeoutError(timeoutMs, host, argv, stderr.text(), secretArgs)
  if (reason === 'stream' || streamFailure !== undefined && reason === undefined && ending?.exitCode === 0) throw streamFailure ?? cancelledError(argv)
  if (ending === undefined || reason === 'abort') throw cancelledError(argv)
  if (ending.exitCode === undefined || !okExitCodes.includes(ending.exitCode)) {
    throw endingError({exitCode: ending.exitCode ?? null, signal: ending.signal, stderr: stderr.text()}, host, argv, secretArgs)
  }
  return {stdout: stdout.text(), stderr: stderr.text(), exitCode: ending.exitCode}
}

async function connect(calls: Calls, path: string, timeoutMs: number): Promise<Duplex> {
  let start: () => void = () => undefined
  const started = new Promise<void>((resolve) => { start = resolve })
  const socket = new DuplexStream({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => { calls.take(call.id, chunk, done) },
    final: (done) => { calls.end(call.id); done() },
    destroy: (error, done) => { calls.signal(call.id, 'SIGKILL'); done(error) },
  })
  const call = calls.begin('connect', {path}, (from, data) => { if (from === 'start') start(); else socket.push(data) })
  call.ended.then(() => socket.push(null), () => undefined)
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    await Promise.race([started, call.ended, once(limit, 'abort').then(() => { throw new Error('no answer') })])
  } catch (cause) {
    throw new UnavailableError(`cannot connect to the socket ${path}`, {cause, data: {code: (cause as NodeJS.ErrnoException).code}})
  }
  return socket
}

function filesOf(calls: Calls): HostFiles {
  const told = async (what: string, doing: string, path: string, more: Readonly<Record<string, unknown>> = {}, data?: string | Buffer): Promise<{value: unknown; data: Buffer}> => {
    try {
      return await calls.ask(what, {path, ...more}, data)
    } catch (error) {
      throw error instanceof UnavailableError ? error : fileError(error, doing, path)
    }
  }
  const read = async (path: string, maxBytes = 1024 * 1024): Promise<Buffer> => {
    const {data} = await told('readAt', `read ${path}`, path, {offset: 0, maxBytes: maxBytes + 1})
    if (data.length > maxBytes) throw new InvalidInputError(`${path} is larger than the ${maxBytes} bytes that are read of such a file`)
    return data
  }
  const readAt = async (path: string, offset: number, maxBytes: number): Promise<Buffer> => (await told('readAt', `read ${path}`, path, {offset, maxBytes})).data
  return {
    read, readAt,
    readText: async (path, maxBytes) => (await read(path, maxBytes)).toString('utf8'),
    readStream: (path) => Readable.from((async function* () {
      for (let at = 0; ; at += partBytes) {
        const part = await readAt(path, at, partBytes)
        if (part.length > 0) yield part
        if (part.length < partBytes) return
      }
    })(), {objectMode: false}),
    write: async (path, data, {mode = 0o600, overwrite = true, durable = true} = {}) => {
      await told('write', `write ${path}`, path, {mode, overwrite, durable, temporary: `.corral-1-1-${randomBytes(8).toString('hex')}.tmp`}, data)
    },
    append: async (path, data) => { await told('append', `append to ${path}`, path, {}, data) },
    writeInPlace: async (path, text) => { await told('writeInPlace', `write ${path}`, path, {}, text) },
    stat: async (path, options = {}) => (await told('stat', `look at ${path}`, path, options)).value as FileStat | null ?? undefined,
    list: async (path) => (await told('list', `list ${path}`, path)).value as string[],
    makeDirectory: async (path, mode = 0o755) => { await told('makeDirectory', `make the folder ${path}`, path, {mode}) },
    rename: async (from, to) => { await told('rename', `rename ${from} to ${to}`, from, {to}) },
    remove: async (path) => (await told('remove', `remove ${path}`, path)).value as boolean,
    removeTree: async (path) => { await told('removeTree', `remove ${path}`, path) },
    symlink: async (target, path) => { await told('symlink', `make the link ${path}`, path, {target}) },
    realPath: async (path) => (await told('realPath', `resolve ${path}`, path)).value as string,
    space: async (path) => (await told('space', `read the free space of ${path}`, path)).value as Awaited<ReturnType<HostFiles['space']>>,
  }
}
