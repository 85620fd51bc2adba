// Pools of guests, as they stand in user.cfg of the store: lines `pool:NAME:COMMENT:VMIDS:STORAGES:`. A guest is in one pool at most. Only
// the line that changes is touched; the rest of the file is users' and rights', and stays as it is.
import {ConflictError, NotFoundError} from '../base/index.ts'
import type {Store} from '../store/index.ts'
import type {WantedFile} from '../tasks/index.ts'

export const userConfigPath = 'user.cfg'

/**
 * The file with the guest in the pool.
 * @throws NotFoundError when there is no such pool, ConflictError when the guest's number is in another one
 */
export async function fileWithPoolMember(pool: string, vmid: number, store: Pick<Store, 'read'>): Promise<WantedFile> {
  const was = await store.read(userConfigPath)
  return {path: userConfigPath, was, text: withPoolMember(was?.data ?? '', pool, vmid)}
}

/** The file without the guest, in no pool and with no rights on it; nothing when it does not name the guest. */
export async function fileWithoutGuest(vmid: number, store: Pick<Store, 'read'>): Promise<WantedFile[]> {
  const was = await store.read(userConfigPath)
  if (was === undefined) return []
  const text = withoutGuest(was.data, vmid)
  return text === was.data ? [] : [{path: userConfigPath, was, text}]
}

/** Pure. */
export function withPoolMember(text: string, pool: string, vmid: number): string {
  let isFound = false
  const lines = text.split('\n').map((line) => {
    const fields = poolFields(line)
    if (fields === undefined) return line
    const members = membersOf(fields)
    if (fields[1] !== pool) {
      if (members.includes(String(vmid))) throw new ConflictError(`guest ${vmid} is in the pool '${fields[1] ?? ''}' already`, {data: {vmid, pool: fields[1]}})
      return line
    }
    isFound = true
    return members.includes(String(vmid)) ? line : fields.with(3, [...members, String(vmid)].sort((a, b) => Number(a) - Number(b)).join(',')).join(':')
  })
  if (isFound) return lines.join('\n')
  throw new NotFoundError(`there is no pool '${pool}'`, {data: {pool}})
}

/** Pure. Rights on the guest go as well: the next guest with its number is somebody else's. */
export function withoutGuest(text: string, vmid: number): string {
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('acl:') && line.split(':')[2] === `/vms/${vmid}`) return []
    const fields = poolFields(line)
    if (fields === undefined || !membersOf(fields).includes(String(vmid))) return [line]
    return [fields.with(3, membersOf(fields).filter((member) => member !== String(vmid)).join(',')).join(':')]
  }).join('\n')
}

/** `pool`, name, comment, VMIDs, storages and what follows; undefined for other lines. */
function poolFields(line: string): string[] | undefined {
  const fields = line.split(':')
  return fields[0] === 'pool' && fields.length >= 5 ? fields : undefined
}

function membersOf(fields: readonly string[]): string[] {
  return (fields[3] ?? '').split(/[,;\s]+/).filter((member) => member !== '')
}
