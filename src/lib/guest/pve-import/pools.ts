// Pools of a Proxmox VE installation: lines `pool:NAME:COMMENT:VMIDS:STORAGES:` of user.cfg. Users, groups, roles and rights of that file stay
// behind. Pure.

const poolName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}){0,2}$/

export interface TakenPools { readonly text: string; readonly names: readonly string[] }

/**
 * Our user.cfg with the pools that the guests are in.
 * @param vmids those that are taken over; other members stay behind
 */
export function withPools(own: string, theirs: string, vmids: readonly number[]): TakenPools {
  let lines = own.split('\n')
  const names: string[] = []
  for (const line of theirs.split('\n')) {
    const [word, name = '', comment = '', members = ''] = line.split(':')
    if (word !== 'pool' || !poolName.test(name)) continue
    const mine = members.split(/[,;\s]+/).filter((member) => vmids.includes(Number(member)))
    if (mine.length === 0) continue
    const known = lines.findIndex((text) => text.startsWith(`pool:${name}:`))
    if (known < 0) {
      const end = lines.at(-1) === '' ? lines.slice(0, -1) : lines
      lines = [...end, `pool:${name}:${comment}:${mine.join(',')}::`, '']
      names.push(name)
    } else {
      const fields = (lines[known] ?? '').split(':')
      const all = new Set([...(fields[3] ?? '').split(',').filter((member) => member !== ''), ...mine])
      lines = lines.with(known, fields.with(3, [...all].sort((a, b) => Number(a) - Number(b)).join(',')).join(':'))
      names.push(name)
    }
  }
  return {text: lines.join('\n'), names}
}

/** What of a user.cfg is no pool, in words; empty when there is nothing. */
export function otherLines(text: string): readonly string[] {
  const words = new Set(text.split('\n').map((line) => line.slice(0, line.indexOf(':'))))
  const kinds = {user: 'users', token: 'tokens', group: 'groups', role: 'roles', acl: 'rights'} as const
  return Object.entries(kinds).filter(([word]) => words.has(word)).map(([, name]) => name)
}
