// user.cfg: users, groups, roles, pools, tokens, and who may do what where. One thing a line, its fields between colons. Reading it is
// forgiving, as with Proxmox VE: a line that is no such thing, or names what is not there, gives nobody a right and hides no other line. Pure.
import {builtInRoles, privileges} from './roles.ts'

export interface User {
  readonly isEnabled: boolean
  /** Seconds since 1970 after which it is no user any more; 0: never. */
  readonly expiresAt: number
}

export interface Token {
  readonly expiresAt: number
  /** It has rights of its own, of those that its user has. */
  readonly isSeparate: boolean
}

export interface Pool { readonly vmids: ReadonlySet<number>; readonly storages: ReadonlySet<string> }

/** Who has which role at a path: `joe@pve`, `@group`, or the token `joe@pve!backup`. */
export interface AclEntry {
  readonly path: string
  readonly holder: string
  readonly role: string
  /** It holds below the path as well. */
  readonly propagates: boolean
}

export interface UserConfig {
  readonly users: ReadonlyMap<string, User>
  /** Tokens by their full name, `joe@pve!backup`. */
  readonly tokens: ReadonlyMap<string, Token>
  /** The members of groups. */
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>
  /** The privileges of roles, the built-in ones among them. */
  readonly roles: ReadonlyMap<string, ReadonlySet<string>>
  readonly pools: ReadonlyMap<string, Pool>
  readonly acl: readonly AclEntry[]
}

/** Far beyond what a file of the store holds. */
const maxLines = 200_000

const name = /^[A-Za-z0-9][\w.-]{0,127}$/
const userId = /^[^\s:/!,]{1,64}@[A-Za-z][\w.-]{0,63}$/
const tokenId = /^[^\s:/!,]{1,64}@[A-Za-z][\w.-]{0,63}![A-Za-z][\w.-]{0,127}$/
const poolName = /^[A-Za-z0-9][\w.-]{0,127}(?:\/[A-Za-z0-9][\w.-]{0,127}){0,2}$/

/** @param text of user.cfg; without it there is root@pam alone */
export function parseUserConfig(text: string): UserConfig {
  const users = new Map<string, User>([['root@pam', {isEnabled: true, expiresAt: 0}]])
  const tokens = new Map<string, Token>()
  const groups = new Map<string, ReadonlySet<string>>()
  const roles = new Map(Object.entries(builtInRoles).map(([role, held]) => [role, new Set(held) as ReadonlySet<string>] as const))
  const pools = new Map<string, Pool>()
  const rights: (readonly string[])[] = []
  const known = new Set(privileges)
  for (const line of text.split('\n', maxLines)) {
    const [kind = '', first = '', ...rest] = line.trim().split(':')
    switch (kind) {
      case 'user':
        if (userId.test(first)) users.set(first, {isEnabled: rest[0] === '1', expiresAt: seconds(rest[1])})
        break
      case 'token':
        if (tokenId.test(first)) tokens.set(first, {expiresAt: seconds(rest[0]), isSeparate: rest[1] === '1'})
        break
      case 'group':
        if (name.test(first)) groups.set(first, new Set(words(rest[0])))
        break
      case 'role':
        // What is built in cannot be made smaller or larger by a line.
        if (name.test(first) && !Object.hasOwn(builtInRoles, first)) roles.set(first, new Set(words(rest[0]).filter((privilege) => known.has(privilege))))
        break
      case 'pool':
        if (poolName.test(first)) pools.set(first, {vmids: new Set(words(rest[1]).filter((vmid) => /^[1-9]\d{2,8}$/.test(vmid)).map(Number)), storages: new Set(words(rest[2]))})
        break
      case 'acl':
        rights.push([first, ...rest])
        break
      default:
    }
  }
  const isThere = (holder: string) => (holder.startsWith('@') ? groups.has(holder.slice(1)) : users.has(holder) || tokens.has(holder))
  return {users, tokens, groups, roles, pools, acl: rights.flatMap((fields) => entriesOf(fields)).filter(({holder, role}) => isThere(holder) && roles.has(role))}
}

function entriesOf([propagate = '', path = '', holders = '', roles = '']: readonly string[]): AclEntry[] {
  const plain = plainPath(path)
  if (plain === undefined) return []
  return words(holders).flatMap((holder) => words(roles).map((role) => ({path: plain, holder, role, propagates: propagate === '1'})))
}

/** `/vms//100/` is `/vms/100`; undefined for what is no path. */
export function plainPath(path: string): string | undefined {
  if (path.length > 1024 || /[^\w./-]/.test(path) || !path.startsWith('/')) return undefined
  return `/${path.split('/').filter((part) => part !== '').join('/')}`
}

function seconds(text: string | undefined): number {
  return /^\d{1,12}$/.test(text ?? '') ? Number(text) : 0
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/[,;\s]+/).filter((word) => word !== '')
}
