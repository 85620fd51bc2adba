// A host for tests: files in memory, scripted answers for programs, processes that are just numbers. A program that nobody expected is
// refused, and answers that nobody used are reported by assertAllUsed, so that a test says exactly what may happen.
import type {AppError} from '../../base/index.ts';
import { UnavailableError} from '../../base/index.ts'
import {checkArgv} from '../argv.ts'
import type {Host, ProcessId, RunOptions, RunResult, SpawnOptions} from '../host.ts'
import {cancelledError, endingError, startError} from '../run-errors.ts'
import type {Fault} from './fake-files.ts'
import {fakeFiles} from './fake-files.ts'
import {lines} from './text-lines.ts'

/** What a program says when it is called with this argv. */
export interface Answer {
  /** Word for word; a RegExp stands for one word that matches, '…' as the last entry for any words. */
  readonly argv: readonly (string | RegExp)[]
  readonly stdout?: string
  readonly stderr?: string
  /** Default 0. */
  readonly exitCode?: number
  /** The program does not exist. */
  readonly missing?: boolean
  /** Thrown instead, such as a timeout. */
  readonly error?: AppError
  /** How often it may be used; default once. Infinity may be used never at all. */
  readonly times?: number
  /** Checked against what was written to its standard input. */
  readonly input?: string
  /** What the program does to the host. */
  readonly effect?: (host: FakeHost, argv: readonly string[]) => void | Promise<void>
}

export interface FakeHostOptions {
  readonly name?: string
  /** Contents by absolute path; parent folders are made. A path that ends in `/` is an empty folder. */
  readonly files?: Readonly<Record<string, string | Buffer>>
  readonly answers?: readonly Answer[]
  /** Programs that `which` finds, in /usr/bin. */
  readonly programs?: readonly string[]
  /** What `space` says. Default: 100 GiB, 40 GiB of it used. */
  readonly space?: {totalBytes: number; usedBytes: number; availableBytes: number}
  /** What the kernel makes of orders that are written to its files. */
  readonly onWriteInPlace?: (host: FakeHost, path: string, text: string) => void | Promise<void>
  /** Errors of file operations, such as a full disk. */
  readonly faults?: readonly Fault[]
}

export interface FakeHost extends Host {
  /** Every program that was run or started, in order. */
  readonly ran: readonly (readonly string[])[]
  /** Adds an answer while the test runs. */
  answer(answer: Answer): void
  /** Ends a process that spawnDetached has started. */
  endProcess(pid: number): void
  /** @throws Error that lists the answers nobody used and the programs nobody expected */
  assertAllUsed(): void
}

interface Expected { readonly answer: Answer; used: number }

export function fakeHost(options: FakeHostOptions = {}): FakeHost {
  const name = options.name ?? 'h1'
  const expected: Expected[] = (options.answers ?? []).map((answer) => ({answer, used: 0}))
  const ran: string[][] = []
  const unexpected: string[][] = []
  const running = new Map<number, ProcessId>()
  let nextPid = 1000

  const take = (argv: readonly string[]): Answer => {
    ran.push([...argv])
    const found = expected.find(({answer, used}) => used < (answer.times ?? 1) && fits(answer.argv, argv))
    if (found === undefined) {
      unexpected.push([...argv])
      throw new Error(`nobody expected this program: ${JSON.stringify(argv)}`)
    }
    found.used++
    return found.answer
  }

  const host: FakeHost = {
    name,
    files: fakeFiles(options.files ?? {}, options.faults ?? [], options.space, (path, text) => options.onWriteInPlace?.(host, path, text)),
    ran,
    run: async (argv, runOptions = {}) => {
      checkArgv(argv)
      if (runOptions.signal?.aborted === true) throw cancelledError(argv)
      const answer = take(argv)
      await answer.effect?.(host, argv)
      return intoFile(host, runOptions, await throughStreams(runOptions, (given) => resultOf(answer, name, argv, given)))
    },
    spawnDetached: async (argv, spawnOptions: SpawnOptions = {}) => {
      checkArgv(argv)
      const answer = take(argv)
      if (answer.missing === true) throw startError({code: 'ENOENT'}, name, argv, spawnOptions.cwd)
      const identity = {pid: nextPid++, startTime: String(nextPid)}
      running.set(identity.pid, identity)
      if (spawnOptions.stdoutPath !== undefined) await host.files.append(spawnOptions.stdoutPath, answer.stdout ?? '')
      if (spawnOptions.stderrPath !== undefined) await host.files.append(spawnOptions.stderrPath, answer.stderr ?? '')
      await answer.effect?.(host, argv)
      return identity
    },
    process: async (pid) => running.get(pid),
    runInForeground: async (argv) => {
      checkArgv(argv)
      const answer = take(argv)
      if (answer.missing === true) throw startError({code: 'ENOENT'}, name, argv, undefined)
      return answer.exitCode ?? 0
    },
    kill: async (target) => {
      if (running.get(target.pid)?.startTime !== target.startTime) return false
      return running.delete(target.pid)
    },
    connect: async (socketPath) => { throw new UnavailableError(`cannot connect to the socket ${socketPath}: the fake host has none`) },
    listen: async (socketPath) => { throw new UnavailableError(`cannot listen on the socket ${socketPath}: the fake host has none`) },
    download: async ({url}) => { throw new UnavailableError(`${url} cannot be fetched: the fake host has no network`) },
    openTree: async (root) => { throw new UnavailableError(`the fake host has no tree below ${root}`) },
    openScratchFile: async (folder) => { throw new UnavailableError(`the fake host has no files without a name in ${folder}`) },
    openMountSpace: async () => ({run: (argv, runOptions) => host.run(argv, runOptions), pathOf: (path) => path, close: async () => undefined}),
    which: async (program) => (options.programs ?? []).includes(program) ? `/usr/bin/${program}` : undefined,
    answer: (answer) => { expected.push({answer, used: 0}) },
    endProcess: (pid) => { running.delete(pid) },
    assertAllUsed: () => {
      const unused = expected.filter(({answer, used}) => used === 0 && answer.times !== Infinity || used < (answer.times ?? 1) && answer.times !== Infinity)
      const complaints = [
        ...unused.map(({answer}) => `nobody called ${answer.argv.map(String).join(' ')}`),
        ...unexpected.map((argv) => `nobody expected ${argv.join(' ')}`),
      ]
      if (complaints.length > 0) throw new Error(complaints.join('\n'))
    },
  }
  return host
}

/** A stream that feeds a program is read to its end, and what the program says goes to the one that takes it. */
async function throughStreams(options: RunOptions, result: (options: RunOptions) => RunResult): Promise<RunResult> {
  const chunks: Buffer[] = []
  if (options.inputStream !== undefined) for await (const chunk of options.inputStream) chunks.push(chunk as Buffer)
  const {stdout, ...rest} = result(options.inputStream === undefined ? options : {...options, input: Buffer.concat(chunks)})
  const {outputStream} = options
  if (outputStream === undefined) return {stdout, ...rest}
  await new Promise<void>((resolve, reject) => outputStream.write(stdout, (error) => { if (error) reject(error); else resolve() }))
  return {stdout: '', ...rest}
}

async function intoFile(host: Host, {outputPath}: RunOptions, result: RunResult): Promise<RunResult> {
  if (outputPath === undefined) return result
  await host.files.write(outputPath, result.stdout)
  return {...result, stdout: ''}
}

function fits(pattern: readonly (string | RegExp)[], argv: readonly string[]): boolean {
  const open = pattern.at(-1) === '…'
  const words = open ? pattern.slice(0, -1) : pattern
  if (open ? argv.length < words.length : argv.length !== words.length) return false
  return words.every((word, position) => typeof word === 'string' ? word === argv[position] : word.test(argv[position] ?? ''))
}

function resultOf(answer: Answer, host: string, argv: readonly string[], options: RunOptions): RunResult {
  const {stdout = '', stderr = '', exitCode = 0} = answer
  if (answer.error !== undefined) throw answer.error
  if (answer.missing === true) throw startError({code: 'ENOENT'}, host, argv, options.cwd, options.secretArgs)
  if (answer.input !== undefined && answer.input !== String(options.input ?? '')) {
    throw new Error(`${argv.join(' ')} was given other input than expected: ${JSON.stringify(String(options.input ?? ''))}`)
  }
  for (const line of lines(stdout)) options.onLine?.(line, 'stdout')
  for (const line of lines(stderr)) options.onLine?.(line, 'stderr')
  if (!(options.okExitCodes ?? [0]).includes(exitCode)) throw endingError({exitCode, signal: undefined, stderr}, host, argv, options.secretArgs)
  return {stdout, stderr, exitCode}
}
