// OpenSSH's tokens (ssh_config(5), TOKENS): `%h` and its kin, `${NAME}`, and `~` at the beginning.
import {createHash} from 'node:crypto'
import {userInfo} from 'node:os'
import {InvalidInputError, UnsupportedError} from '../../base/index.ts'

/** What the tokens stand for. */
export interface TokenValues {
  readonly home: string
  readonly localUser: string
  readonly localHost: string
  /** The name that the user gave. */
  readonly originalHost: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly hostKeyAlias: string | undefined
  readonly uid: number
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * A value in which only `%h`, `%n` and `%%` may stand.
 * @throws InvalidInputError for another token
 */
export function expandHostName(text: string, originalHost: string): string {
  return expand(text, {'%': '%', h: originalHost, n: originalHost})
}

/**
 * The name of a file: tokens, environment, then `~`.
 * @throws InvalidInputError for an unknown token, UnsupportedError for `~` of a user who does not exist here
 */
export function expandPath(text: string, values: TokenValues): string {
  const {home, localUser, localHost, originalHost, host, port, user, hostKeyAlias, uid} = values
  const connection = createHash('sha1').update(`${localHost}${host}${port}${user}`).digest('hex')
  const expanded = expand(text, {
    '%': '%', d: home, h: host, i: String(uid), k: hostKeyAlias ?? originalHost, L: localHost.split('.')[0] ?? '', l: localHost,
    n: originalHost, p: String(port), r: user, u: localUser, C: connection,
  })
  return expandHome(expandEnvironment(expanded, values.env), values)
}

/** @throws UnsupportedError for the home of another user */
export function expandHome(path: string, {home, localUser}: Pick<TokenValues, 'home' | 'localUser'>): string {
  const found = /^~([^/]*)(\/.*)?$/s.exec(path)
  if (found === null) return path
  const [, user = '', rest = ''] = found
  if (user !== '' && user !== localUser) throw new UnsupportedError(`the home folder of another user ('~${user}') is not looked up; give the whole path`)
  return `${home}${rest}`
}

function expand(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/%(.?)/gs, (token, letter: string) => {
    const value = Object.hasOwn(values, letter) ? values[letter] : undefined
    if (value === undefined) throw new InvalidInputError(`'${token}' is no token that can stand here`)
    return value
  })
}

function expandEnvironment(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const [before = '', ...parts] = text.split('${')
  return before + parts.map((part) => {
    const end = part.indexOf('}')
    if (end < 0) return `\${${part}`
    const name = part.slice(0, end)
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    if (value === undefined) throw new InvalidInputError(`the environment has no variable '${name}'`)
    return value + part.slice(end + 1)
  }).join('')
}

/** The name of the user that runs this process. */
export function localUserName(): string {
  try {
    return userInfo().username
  } catch {
    // A uid without an entry in passwd(5).
    return ''
  }
}
