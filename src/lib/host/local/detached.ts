// Programs that outlive us: a session of their own, so that neither a closed terminal nor our end reaches them.
import type {ChildProcess} from 'node:child_process'
import {spawn} from 'node:child_process'
import {constants} from 'node:fs'
import type {FileHandle} from 'node:fs/promises'
import {open} from 'node:fs/promises'
import {basename} from 'node:path'
import {UnavailableError} from '../../base/index.ts'
import type {ProcessId, SpawnOptions} from '../host.ts'
import {checkArgv} from '../argv.ts'
import {fileError} from '../file-errors.ts'
import {childIdentity} from './processes.ts'
import {childEnvironment} from './program-path.ts'
import {startError} from '../run-errors.ts'

const defaultInputTimeoutMs = 30_000

/**
 * Resolves when the program runs and has been given all of its input.
 * @throws NotFoundError (no such program), UnavailableError (it does not read its input), the errors of file-errors.ts for the output files
 */
export async function spawnDetached(host: string, argv: readonly string[], options: SpawnOptions = {}): Promise<ProcessId> {
  const {program, args} = checkArgv(argv)
  const stdout = await openOutput(options.stdoutPath)
  try {
    const stderr = options.stderrPath !== undefined && options.stderrPath === options.stdoutPath ? stdout : await openOutput(options.stderrPath)
    try {
      const child = spawn(program, args, {
        detached: true, env: childEnvironment(options.env), ...(options.cwd === undefined ? {} : {cwd: options.cwd}),
        stdio: [options.input === undefined ? 'ignore' : 'pipe', stdout?.fd ?? 'ignore', stderr?.fd ?? 'ignore'],
      })
      // Read at once: our event loop has not run yet, so a child that ended already has not been reaped.
      const identity = child.pid === undefined ? undefined : childIdentity(child.pid)
      await started(child, host, argv, options.cwd)
      if (options.input !== undefined) await giveInput(child, program, options.input, options.inputTimeoutMs ?? defaultInputTimeoutMs)
      child.unref()
      return identity ?? childIdentity(child.pid ?? 0)
    } finally {
      if (stderr !== stdout) await stderr?.close()
    }
  } finally {
    await stdout?.close()
  }
}

async function openOutput(path: string | undefined): Promise<FileHandle | undefined> {
  if (path === undefined) return undefined
  try {
    return await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW, 0o600)
  } catch (error) {
    throw fileError(error, `open ${path} for the output of a program`, path)
  }
}

async function started(child: ChildProcess, host: string, argv: readonly string[], cwd: string | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(startError(error, host, argv, cwd)))
  })
}

async function giveInput(child: ChildProcess, program: string, input: string | Buffer, timeoutMs: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      child.stdin?.destroy()
      child.unref()
      reject(new UnavailableError(`${basename(program)} did not read its input within ${timeoutMs / 1000} s and was ended`))
    }, timeoutMs)
    const done = (): void => { clearTimeout(timer); resolve() }
    // A program that ends without reading its input is its own business; whoever started it sees that it is gone.
    child.stdin?.once('error', done)
    child.stdin?.once('close', done)
    child.stdin?.end(input)
  })
}
