// Starts a program whose standard output is an open file, which execa would carry through our own process.
import {spawn} from 'node:child_process'
import type {Readable, Writable} from 'node:stream'

export interface ProgramIntoFile {
  readonly pid: number | undefined
  readonly stdin: Writable | null
  readonly stdout: null
  readonly stderr: Readable
  unref(): void
  /** How it ended, or `cause`: why it could not be started. Never rejects. */
  readonly ended: Promise<{readonly exitCode: number | undefined; readonly signal: string | undefined; readonly cause: unknown}>
}

export interface IntoFileOptions {
  readonly env: Record<string, string>
  readonly cwd: string | undefined
  /** Otherwise it has no standard input. */
  readonly hasInput: boolean
}

export function startIntoFile(outputFd: number, command: string, args: readonly string[], {env, cwd, hasInput}: IntoFileOptions): ProgramIntoFile {
  const child = spawn(command, args, {detached: true, env, ...(cwd === undefined ? {} : {cwd}), stdio: [hasInput ? 'pipe' : 'ignore', outputFd, 'pipe']})
  const ended = new Promise<Awaited<ProgramIntoFile['ended']>>((resolve) => {
    child.once('error', (cause) => resolve({exitCode: undefined, signal: undefined, cause}))
    child.once('close', (code, signal) => resolve({exitCode: code ?? undefined, signal: signal ?? undefined, cause: undefined}))
  })
  return {pid: child.pid, stdin: child.stdin, stdout: null, stderr: child.stderr as Readable, unref: () => child.unref(), ended}
}
