// Programs that own the caller's terminal, or its pipes: they get our standard streams as they are, byte for byte.
import {spawn} from 'node:child_process'
import {constants} from 'node:os'
import type {Writable} from 'node:stream'
import {checkArgv} from '../argv.ts'
import {cancelledError, startError} from '../run-errors.ts'
import {childEnvironment} from './program-path.ts'

/** @throws NotFoundError, CancelledError, InvalidInputError */
export async function runInForeground(host: string, argv: readonly string[], options: {readonly signal?: AbortSignal; readonly env?: Readonly<Record<string, string>>} = {}): Promise<number> {
  const {program, args} = checkArgv(argv)
  const {signal} = options
  if (signal?.aborted === true) throw cancelledError(argv)
  // LC_ALL is for programs whose messages we read; this one talks to the user.
  const env = childEnvironment(options.env)
  const own = process.env['LC_ALL']
  if (own === undefined) delete env['LC_ALL']
  else env['LC_ALL'] = own
  const isRead = wasReadBefore(process.stdin)
  const child = spawn(program, args, {stdio: [isRead ? 'pipe' : 'inherit', 'inherit', 'inherit'], env})
  if (child.stdin !== null) passOn(process.stdin, child.stdin)
  const onAbort = (): void => { child.kill('SIGTERM') }
  signal?.addEventListener('abort', onAbort, {once: true})
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (error) => reject(startError(error, host, argv, undefined)))
      child.once('exit', (code, by) => {
        if (signal?.aborted === true) reject(cancelledError(argv))
        else resolve(code ?? 128 + (by === null ? 0 : constants.signals[by]))
      })
    })
  } finally {
    signal?.removeEventListener('abort', onAbort)
    if (child.stdin !== null) process.stdin.unpipe(child.stdin).pause()
  }
}

/** What we have read of our input is not there any more for whoever inherits it: a terminal's next line is, the rest of a pipe may not be. */
function wasReadBefore(input: NodeJS.ReadStream): boolean {
  return input.isTTY !== true && (input.readableFlowing !== null || input.readableLength > 0)
}

function passOn(input: NodeJS.ReadStream, to: Writable): void {
  // The program may leave its input alone, or end before it.
  to.on('error', () => undefined)
  if (input.readableEnded) to.end()
  else input.pipe(to)
}
