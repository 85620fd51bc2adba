// What is done on a host before there is an agent, or to remove it: programs that are constant to the last character. What they work on comes
// to them on their standard input, so no shell ever takes a value apart.
import {AppError, CancelledError, ToolError, UnavailableError, printable} from '../base/index.ts'
import {packagedAgentPath} from '../host/ssh/agent-command.ts'
import type {SshChannel, SshConnection} from '../host/ssh/index.ts'

const maxOutputChars = 256 * 1024

/**
 * Looks at a host. Input: the agent's folder, then the names of its files, a line each. Output: `name=value` lines and `hash  path` lines.
 * Single quotes hold in every login shell, so there is none within the programs, and no character that csh would take for itself.
 */
export const probe = [
  'IFS= read -r folder', 'echo "uid=$(id -u)"', 'echo "architecture=$(uname -m)"',
  'echo "system=$(sed -n s/^PRETTY_NAME=//p /etc/os-release 2>/dev/null | tr -d \\")"',
  'echo "libc=$(getconf GNU_LIBC_VERSION 2>/dev/null)"',
  'for node in "$folder/node" "$(command -v node)" /usr/local/bin/node /usr/bin/node; do if [ -x "$node" ]; then echo "node=$("$node" --version)"; break; fi; done',
  'echo "agent=$(sed -n "2s/^# version //p" "$folder/corral-agent" 2>/dev/null)"',
  `echo "packaged=$(sed -n "2s/^# version //p" ${packagedAgentPath} 2>/dev/null)"`,
  'if command -v apt-cache >/dev/null; then echo "offered=$(apt-cache policy nodejs 2>/dev/null | sed -n "s/^  Candidate: \\([0-9].*\\)/\\1/p")"; fi',
  'for name in subuid subgid; do head -n 2000 /etc/$name 2>/dev/null | sed "s/^/${name}s=/"; done',
  'for program in apt-get qemu-system-x86_64 qemu-img ip; do if command -v "$program" >/dev/null; then echo "has=$program"; fi; done',
  'while IFS= read -r name; do if [ -f "$folder/$name" ]; then sha256sum -- "$folder/$name"; fi; done', 'echo end=1',
].join('; ')

/** Fetches the lists of packages, and tells which Node.js they have. */
export const refreshPackages = [
  'set -e', 'apt-get -q -y update </dev/null', 'echo "offered=$(apt-cache policy nodejs | sed -n "s/^  Candidate: \\([0-9].*\\)/\\1/p")"', 'echo end=1',
].join('; ')

/** Gives root ranges of ids. Input: `subuids` or `subgids` and the range, each pair on a line. */
export const addIdRanges = [
  'set -e', 'while read -r kind range; do usermod "--add-$kind" "$range" root </dev/null; done', 'echo end=1',
].join('; ')

/** Installs Debian packages. Input: their names on one line. */
export const installPackages = [
  'IFS= read -r packages', 'set -fe', 'export DEBIAN_FRONTEND=noninteractive',
  'apt-get -q -y --no-install-recommends install -- $packages </dev/null', 'echo end=1',
].join('; ')

/** Removes the agent. Input: its folder, then the names of its files. Whatever else is in the folder stays. */
export const removeAgent = [
  'IFS= read -r folder', 'while IFS= read -r name; do rm -f -- "$folder/$name"; done',
  'if [ -d "$folder" ]; then find "$folder" -xdev -depth -type d -empty -delete; fi', 'echo end=1',
].join('; ')

export interface ScriptOptions {
  /** The host as the user knows it. */
  readonly host: string
  /** What it does, in words, for errors. */
  readonly what: string
  readonly signal: AbortSignal
  readonly limitMs: number
  /** Called for each line as it comes. */
  readonly onLine?: (line: string) => void
}

/**
 * Runs one of the programs above as root and gives its lines, made harmless.
 * @throws ToolError when it failed, UnavailableError when the connection was lost or it took too long, CancelledError
 */
export async function runScript(connection: SshConnection, script: string, input: readonly string[], options: ScriptOptions): Promise<string[]> {
  const {host, what, signal, limitMs} = options
  if (/['\n!]/.test(script) || input.some((line) => /[\r\n\0]/.test(line))) throw new AppError('internal', 'a program for a host is not in its right form')
  const limit = AbortSignal.timeout(limitMs)
  const channel = await connection.exec(`${connection.needsSudo ? 'sudo -n ' : ''}/bin/sh -c '${script}'`, {signal: AbortSignal.any([signal, limit])})
  const output = collectLines(channel, options.onLine)
  channel.stream.end(input.map((line) => `${line}\n`).join(''))
  const exit = await channel.exit
  if (signal.aborted) throw new CancelledError()
  const lines = output.stdout()
  if (exit.how === 'exited' && exit.code === 0 && lines.at(-1) === 'end=1') return lines
  if (exit.how !== 'exited') throw new UnavailableError(limit.aborted ? `${what} took longer than ${limitMs / 1000} s on ${host}` : `the connection to ${host} was lost during: ${what}`)
  const stderr = output.stderr()
  const isSudo = connection.needsSudo && /sudo|password/i.test(stderr.join(' '))
  throw new ToolError(`${what} failed on ${host}${stderr.length === 0 ? '' : `: ${stderr.at(-1) ?? ''}`}`, {
    host, argv: ['/bin/sh'], exitCode: exit.code, stderr: stderr.join('\n'),
    ...(isSudo ? {nextSteps: ['The login must be allowed to use sudo without a password there (NOPASSWD in /etc/sudoers.d).']} : {}),
  })
}

/** Lines of both streams, bounded; a host that writes without end is not read to its end. */
function collectLines({stream, stderr}: SshChannel, onLine: ((line: string) => void) | undefined): {stdout(): string[]; stderr(): string[]} {
  const texts = {stdout: '', stderr: ''}
  const keep = (which: 'stdout' | 'stderr') => {
    let unfinished = ''
    return (chunk: Buffer) => {
      const text = chunk.toString('utf8')
      texts[which] = (texts[which] + text).slice(-maxOutputChars)
      if (onLine === undefined) return
      const lines = (unfinished + text).slice(-maxOutputChars).split('\n')
      unfinished = lines.pop() ?? ''
      for (const line of lines) if (line !== 'end=1') onLine(printable(line))
    }
  }
  stream.on('data', keep('stdout')).on('error', () => undefined)
  stderr.on('data', keep('stderr')).on('error', () => undefined)
  const linesOf = (text: string) => text.split('\n').filter((line) => line.trim() !== '').map((line) => printable(line))
  return {stdout: () => linesOf(texts.stdout), stderr: () => linesOf(texts.stderr)}
}
