// Who may do what at a path, by the entries of user.cfg. Pure. An entry further down stands in place of those above it, one for a user in
// place of those of groups, and NoAccess takes all others away.
import {privileges} from './roles.ts'
import type {UserConfig} from './user-config.ts'
import {plainPath} from './user-config.ts'

export const rootUser = 'root@pam'
const noAccess = 'NoAccess'
const none: ReadonlySet<string> = new Set()

/**
 * The roles that entries alone give somebody at a path; pools are not looked at.
 * @param who a user, or a token (`joe@pve!backup`), which has its user's roles unless it is separate
 * @param nowMs users and tokens may expire
 */
export function rolesAt(config: UserConfig, who: string, path: string, nowMs: number): ReadonlySet<string> {
  const plain = plainPath(path === '' ? '/' : path)
  if (plain === undefined || !isUsable(config, who, nowMs)) return none
  const user = userOf(who)
  if (user !== who && config.tokens.get(who)?.isSeparate !== true) return rolesAt(config, user, plain, nowMs)
  if (who === rootUser) return new Set(['Administrator'])
  let roles = none
  for (const place of placesAbove(plain)) {
    const here = config.acl.filter((entry) => entry.path === place && (entry.propagates || place === plain))
    const own = here.filter(({holder}) => holder === who)
    // A token that is separate is in no group.
    const groups = user === who ? here.filter(({holder}) => holder.startsWith('@') && config.groups.get(holder.slice(1))?.has(who) === true) : []
    const deciding = own.length > 0 ? own : groups
    if (deciding.length > 0) roles = new Set(deciding.map(({role}) => role))
    if (roles.has(noAccess)) roles = new Set([noAccess])
  }
  return roles
}

/** The privileges that somebody has at a path. A guest or storage has those given at its pool as well. */
export function privilegesAt(config: UserConfig, who: string, path: string, nowMs: number): ReadonlySet<string> {
  if (!isUsable(config, who, nowMs)) return none
  const user = userOf(who)
  if (user !== who) {
    const ofUser = privilegesAt(config, user, path, nowMs)
    if (config.tokens.get(who)?.isSeparate !== true) return ofUser
    const own = privilegesOf(config, rolesWithPools(config, who, path, nowMs))
    return new Set([...own].filter((privilege) => ofUser.has(privilege)))
  }
  if (who === rootUser) return new Set(privileges)
  return privilegesOf(config, rolesWithPools(config, who, path, nowMs))
}

function rolesWithPools(config: UserConfig, who: string, path: string, nowMs: number): ReadonlySet<string> {
  const own = rolesAt(config, who, path, nowMs)
  if (own.has(noAccess)) return own
  const ofPools = poolsOf(config, path).flatMap((pool) => [...rolesAt(config, who, `/pool/${pool}`, nowMs)])
  return ofPools.includes(noAccess) ? new Set([noAccess]) : new Set([...own, ...ofPools])
}

function poolsOf(config: UserConfig, path: string): string[] {
  const [, kind, object = '', ...more] = plainPath(path)?.split('/') ?? []
  if (more.length > 0) return []
  return [...config.pools].filter(([, pool]) => (kind === 'vms' ? pool.vmids.has(Number(object)) : kind === 'storage' && pool.storages.has(object))).map(([name]) => name)
}

function privilegesOf(config: UserConfig, roles: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...roles].flatMap((role) => [...config.roles.get(role) ?? []]))
}

/** Somebody who is not there, was switched off or has expired may nothing; a token falls with its user. */
function isUsable(config: UserConfig, who: string, nowMs: number): boolean {
  const isCurrent = (expiresAt: number) => expiresAt === 0 || expiresAt * 1000 > nowMs
  const user = config.users.get(userOf(who))
  if (user?.isEnabled !== true || !isCurrent(user.expiresAt)) return false
  if (userOf(who) === who) return true
  const token = config.tokens.get(who)
  return token !== undefined && isCurrent(token.expiresAt)
}

function userOf(who: string): string {
  const mark = who.indexOf('!')
  return mark < 0 ? who : who.slice(0, mark)
}

/** `/`, `/vms`, `/vms/100`. */
function placesAbove(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '')
  return ['/', ...parts.map((_part, index) => `/${parts.slice(0, index + 1).join('/')}`)]
}
