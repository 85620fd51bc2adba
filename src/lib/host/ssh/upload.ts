// Writes a file of root's on the host: for the installation of the agent, before there is an agent. SFTP cannot become root by sudo, so
// it is done by a program that is constant to the last character; path, mode, length and hash come to it as data on its standard input.
import {createHash} from 'node:crypto'
import {AppError, CancelledError, ToolError, UnavailableError, printable} from '../../base/index.ts'
import {checkPlainPath} from './agent-command.ts'
import type {ExecOptions, SshChannel} from './types.ts'

const maxAnswerChars = 4096
const uploadLimitMs = 300_000

// One line, without a quote, dollar or backslash that would mean something to csh or fish before /bin/sh sees it: single quotes hold in
// all of them. `read` takes no byte more than its line (POSIX), so what follows is the file's. Whatever is cut short fails at the hash.
const script = [
  'set -eu', 'umask 077', 'IFS= read -r path', 'IFS= read -r mode', 'IFS= read -r hash',
  'mkdir -p -m 755 -- "${path%/*}"', 'new=$(mktemp -- "$path.XXXXXXXX")', 'trap "rm -f -- $new" EXIT HUP INT TERM', 'cat >"$new"',
  'printf "%s  %s\\n" "$hash" "$new" | sha256sum -c --status - || { echo "the file did not arrive whole" >&2; exit 1; }',
  'chmod "$mode" -- "$new"', 'sync -- "$new"', 'mv -fT -- "$new" "$path"', 'sync -- "${path%/*}"', 'trap - EXIT', 'echo written',
].join('; ')

const command = `/bin/sh -c '${script}'`

export interface Upload {
  readonly data: Buffer
  readonly path: string
  readonly mode: number
  readonly needsSudo: boolean
  readonly host: string
  readonly signal?: AbortSignal
}

/** @throws InvalidInputError for a path that is not plain; ToolError when the host refused; UnavailableError, CancelledError */
export async function uploadOver(exec: (command: string, options: ExecOptions) => Promise<SshChannel>, upload: Upload): Promise<void> {
  const {data, path, mode, needsSudo, host, signal} = upload
  checkPlainPath(path)
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) throw new AppError('internal', 'the mode of an upload is not a mode')
  const limit = AbortSignal.timeout(uploadLimitMs)
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit])
  const channel = await exec(`${needsSudo ? 'sudo -n ' : ''}${command}`, {signal: either})
  const answers = {stdout: '', stderr: ''}
  const keep = (which: 'stdout' | 'stderr') => (chunk: Buffer) => { answers[which] = (answers[which] + chunk.toString('utf8')).slice(-maxAnswerChars) }
  channel.stream.on('data', keep('stdout'))
  channel.stderr.on('data', keep('stderr'))
  const hash = createHash('sha256').update(data).digest('hex')
  channel.stream.write(`${path}\n${mode.toString(8)}\n${hash}\n`)
  channel.stream.end(data)
  const exit = await channel.exit
  if (signal?.aborted === true) throw new CancelledError()
  if (exit.how === 'exited' && exit.code === 0 && answers.stdout.endsWith('written\n')) return
  if (exit.how !== 'exited') {
    throw new UnavailableError(limit.aborted ? `${path} could not be written on ${host} within ${uploadLimitMs / 1000} s` : `the connection to ${host} was lost while ${path} was written`)
  }
  const stderr = printable(answers.stderr.trim().split('\n').at(-1) ?? '')
  const isSudo = needsSudo && /sudo|password/i.test(stderr)
  throw new ToolError(`${path} could not be written on ${host}${stderr === '' ? '' : `: ${stderr}`}`, {
    host, argv: ['/bin/sh'], exitCode: exit.code, stderr: answers.stderr,
    ...(isSudo ? {nextSteps: ['The login must be allowed to use sudo without a password there (NOPASSWD in /etc/sudoers.d).']} : {}),
  })
}
