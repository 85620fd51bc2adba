// Names of hosts as the user gives them. A host, user or port that begins with a dash or holds spaces or control characters is refused
// before anything looks at it: such names are meant for another program's command line.
import {InvalidInputError, printable} from '../../base/index.ts'
import type {SshTarget} from './types.ts'

const maxHostChars = 255
const maxUserChars = 128
const maxJumps = 8

/**
 * `[user@]host[:port]` or `ssh://[user@]host[:port]`; an IPv6 address with a port stands in brackets.
 * @throws InvalidInputError that says what is wrong
 */
export function parseSshTarget(text: string): SshTarget {
  const words = text.startsWith('ssh://') ? text.slice('ssh://'.length).replace(/\/$/, '') : text
  // OpenSSH takes the last @, since user names may hold one.
  const at = words.lastIndexOf('@')
  const user = at < 0 ? undefined : words.slice(0, at)
  const place = words.slice(at + 1)
  const bracketed = /^\[([^\][]*)\](?::(.*))?$/s.exec(place)
  const plain = bracketed ?? /^([^:]*)(?::([^:]*))?$/s.exec(place)
  // More than one colon without brackets is an IPv6 address without a port.
  const host = plain?.[1] ?? place
  const port = plain?.[2]
  return checkSshTarget({host, ...(user === undefined ? {} : {user}), ...(port === undefined ? {} : {port: portOf(port)})})
}

/** The form that parseSshTarget takes. */
export function formatSshTarget({host, user, port}: SshTarget): string {
  const name = host.includes(':') && port !== undefined ? `[${host}]` : host
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`
}

/** @throws InvalidInputError for a name that no host, user or port can have */
export function checkSshTarget<T extends SshTarget>(target: T): T {
  checkHost(target.host)
  if (target.user !== undefined) checkUser(target.user)
  if (target.port !== undefined) portOf(String(target.port))
  if (target.jump !== undefined && target.jump.length > maxJumps) throw new InvalidInputError(`at most ${maxJumps} jump hosts are possible`)
  target.jump?.forEach(checkSshTarget)
  return target
}

/** @throws InvalidInputError */
export function checkHost(host: string): string {
  refuse('host', host, /^[A-Za-z0-9_:][A-Za-z0-9_.:%-]*$/.test(host) && host.length <= maxHostChars,
    'must be a name or an address, of letters, digits, dots, dashes and colons, and not begin with a dash')
  return host
}

/** @throws InvalidInputError */
export function checkUser(user: string): string {
  refuse('user', user, /^[A-Za-z0-9_][A-Za-z0-9_.@\\+-]*\$?$/.test(user) && user.length <= maxUserChars, 'must be the name of a user, and not begin with a dash')
  return user
}

/** @throws InvalidInputError */
export function portOf(text: string): number {
  const port = Number(text)
  refuse('port', text, /^[0-9]{1,5}$/.test(text) && port >= 1 && port <= 65_535, 'must be a number from 1 to 65535')
  return port
}

function refuse(what: string, value: string, isRight: boolean, rule: string): void {
  if (isRight) return
  throw new InvalidInputError(`the ${what} '${printable(value).slice(0, 80)}' of an SSH connection ${rule}`, {[what]: rule})
}
