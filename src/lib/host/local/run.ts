// Runs a program to its end: no shell, English messages, bounded time and output. The program leads a process group of its own, so that
// a timeout ends what it started as well.
import {constants} from 'node:fs'
import type {FileHandle} from 'node:fs/promises'
import {open} from 'node:fs/promises'
import type {RunOptions, RunResult} from '../host.ts'
import {checkArgv} from '../argv.ts'
import {lineSplitter, outputTail} from './output.ts'
import {childEnvironment, findProgram} from './program-path.ts'
import {fileError} from '../file-errors.ts'
import {cancelledError, endingError, startError, timeoutError} from '../run-errors.ts'
import {joinStreams} from './run-streams.ts'
import {startIntoFile} from './start-into-file.ts'

const defaultTimeoutMs = 60_000
const defaultMaxOutputBytes = 4 * 1024 * 1024
/** Between SIGTERM and SIGKILL. */
const graceMs = 5000
/** After SIGKILL: a process in an uninterruptible sleep (a dead NFS server) does not even end by that. We leave it to the kernel. */
const abandonMs = 2000

/** @throws ToolError, NotFoundError, UnavailableError (timeout), CancelledError, InvalidInputError */
export async function runProgram(host: string, argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  if (options.outputPath === undefined) return runWith(undefined, host, argv, options)
  const output = await openOutput(options.outputPath)
  try {
    const result = await runWith(output.fd, host, argv, options)
    await output.sync()
    return result
  } finally {
    await output.close()
  }
}

/** @param outputFd of an open file, for its standard output */
async function runWith(outputFd: number | undefined, host: string, argv: readonly string[], options: RunOptions): Promise<RunResult> {
  const {program, args} = checkArgv(argv)
  const {timeoutMs = defaultTimeoutMs, signal, okExitCodes = [0], maxOutputBytes = defaultMaxOutputBytes, onLine, secretArgs} = options
  if (hasFired(signal)) throw cancelledError(argv)
  const env = childEnvironment(options.env)
  const [command, commandArgs] = options.diesWithUs === true ? await dyingWithUs(host, program, args, env['PATH']) : [program, args]
  const child = outputFd === undefined ? await startPiped(command, commandArgs, env, options) : startIntoFile(outputFd, command, commandArgs, {env, cwd: options.cwd, hasInput: options.inputStream !== undefined})
  const stdout = outputTail(maxOutputBytes)
  const stderr = outputTail(maxOutputBytes)
  const splitters = [
    ...options.outputStream === undefined && child.stdout !== null ? [collect(child.stdout, stdout, onLine && ((line) => onLine(line, 'stdout')))] : [],
    collect(child.stderr, stderr, onLine && ((line) => onLine(line, 'stderr'))),
  ]

  const stop = stopper(child.pid)
  const streams = joinStreams(child, options, () => stop.because('stream'))
  const timer = setTimeout(() => stop.because('timeout'), timeoutMs)
  const onAbort = (): void => stop.because('abort')
  signal?.addEventListener('abort', onAbort, {once: true})
  // It may have fired while the program was looked for.
  if (hasFired(signal)) onAbort()
  const ending = await Promise.race([child.ended, stop.abandoned]).finally(() => {
    clearTimeout(timer)
    stop.done()
    signal?.removeEventListener('abort', onAbort)
  })
  if (ending === undefined) leaveAlone(child)
  // Whoever was to take what it wrote may take nothing any more.
  else if (stop.reason !== undefined) child.stdout?.destroy()
  const streamFailure = await streams.ended(ending === undefined)
  for (const splitter of splitters) splitter.end()

  if (stop.reason === 'timeout') throw timeoutError(timeoutMs, host, argv, stderr.text(), secretArgs)
  if (stop.reason === 'stream' || streamFailure !== undefined && stop.reason === undefined && ending?.exitCode === 0) throw streamFailure ?? cancelledError(argv)
  if (ending === undefined || stop.reason === 'abort') throw cancelledError(argv)
  if (ending.exitCode === undefined && ending.signal === undefined) throw startError(ending.cause, host, argv, options.cwd, secretArgs)
  if (ending.exitCode === undefined || !okExitCodes.includes(ending.exitCode)) {
    throw endingError({exitCode: ending.exitCode ?? null, signal: ending.signal, stderr: stderr.text()}, host, argv, secretArgs)
  }
  return {stdout: stdout.text(), stderr: stderr.text(), exitCode: ending.exitCode}
}

/** Asked again after a wait. */
function hasFired(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

/** setpriv(1), of every Debian, sets PR_SET_PDEATHSIG (prctl(2)) and becomes the program. It is found here, so that a missing one is told as ever. */
async function dyingWithUs(host: string, program: string, args: readonly string[], path: string | undefined): Promise<[string, readonly string[]]> {
  const found = await findProgram(program, path)
  if (found === undefined) throw startError({code: 'ENOENT'}, host, [program], undefined)
  return ['setpriv', ['--pdeathsig', 'KILL', '--', found, ...args]]
}

async function startPiped(command: string, args: readonly string[], env: Record<string, string>, {cwd, input, inputStream}: RunOptions) {
  const {execa} = await import('execa')
  const child = execa(command, args, {
    detached: true, reject: false, buffer: false, stripFinalNewline: false, extendEnv: false, env,
    ...(cwd === undefined ? {} : {cwd}),
    ...(inputStream !== undefined ? {stdin: 'pipe' as const} : input === undefined ? {stdin: 'ignore' as const} : {input}),
  })
  const {pid, stdin, stdout, stderr} = child
  return {pid, stdin, stdout, stderr, unref: () => child.unref(), ended: child.then(({exitCode, signal, cause}) => ({exitCode, signal, cause}))}
}

/** A link is not followed. */
async function openOutput(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_WRONLY | constants.O_NOFOLLOW)
  } catch (error) {
    throw fileError(error, `write ${path}`, path)
  }
}

/** Lets our own process end although that one does not. */
function leaveAlone(child: {unref(): void; stdout: {destroy(): unknown} | null; stderr: {destroy(): unknown}}): void {
  child.unref()
  child.stdout?.destroy()
  child.stderr.destroy()
}

function collect(stream: NodeJS.ReadableStream, tail: {add(chunk: Buffer): void}, onLine: ((line: string) => void) | undefined): {end(): void} {
  const splitter = onLine && lineSplitter(onLine)
  stream.on('data', (chunk: Buffer) => {
    tail.add(chunk)
    splitter?.add(chunk)
  })
  return {end: () => splitter?.end()}
}

/** `stream`: what feeds it, or takes what it writes, has failed. */
type StopReason = 'timeout' | 'abort' | 'stream'

interface Stopper {
  readonly reason: StopReason | undefined
  /** Resolves when the program did not even end by SIGKILL. */
  readonly abandoned: Promise<undefined>
  because(reason: StopReason): void
  done(): void
}

/** Ends a process group: SIGTERM, after a while SIGKILL, after another while it gives up waiting. */
function stopper(pid: number | undefined): Stopper {
  let reason: Stopper['reason']
  let timer: NodeJS.Timeout | undefined
  let giveUp: (nothing: undefined) => void
  const abandoned = new Promise<undefined>((resolve) => { giveUp = resolve })
  return {
    get reason() { return reason },
    abandoned,
    because(why) {
      if (reason !== undefined) return
      reason = why
      signalGroup(pid, 'SIGTERM')
      timer = setTimeout(() => {
        signalGroup(pid, 'SIGKILL')
        timer = setTimeout(() => giveUp(undefined), abandonMs)
      }, graceMs)
    },
    done: () => clearTimeout(timer),
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // The group is gone already, or its last member is not ours to end; the caller waits for it within a bound either way.
  }
}
