// Owners and modes of files as people write them: names or numbers, and modes in octal.
import {InvalidInputError} from '../../base/index.ts'
import type {FileTree, Host} from '../../host/index.ts'
import {hostId} from './config/index.ts'
import type {IdMap} from './config/index.ts'

const maxBytes = 1024 * 1024
const mostId = 2 ** 32 - 2

/** Owner and mode as they were given; what was not given stays as it is. */
export interface OwnerWish {
  readonly user?: string
  readonly group?: string
  readonly mode?: number
}

export interface OwnerNumbers {
  readonly uid?: number
  readonly gid?: number
}

export const ownerParams = {
  user: {type: 'string', pattern: '[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\\$?', optional: true, placeholder: 'user', description: 'Whose the file is to be: a name or a number.'},
  group: {type: 'string', pattern: '[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\\$?', optional: true, placeholder: 'group', description: 'The group of the file: a name or a number.'},
  perms: {type: 'string', pattern: '0x[0-9a-fA-F]{1,3}|[0-7]{1,5}', optional: true, placeholder: 'mode', description: 'Its permissions, in octal such as 0640, or in hexadecimal with `0x` in front.'},
} as const

/** @throws InvalidInputError for bits that do not exist */
export function ownerWish({user, group, perms}: {readonly user?: string | undefined; readonly group?: string | undefined; readonly perms?: string | undefined}): OwnerWish {
  const mode = perms === undefined ? undefined : Number.parseInt(perms.replace(/^0x/, ''), perms.startsWith('0x') ? 16 : 8)
  if (mode !== undefined && mode > 0o7777) throw new InvalidInputError(`the permissions '${perms ?? ''}' do not exist`, {perms: 'has to be from 0 to 7777 (octal)'})
  return {...(user === undefined ? {} : {user}), ...(group === undefined ? {} : {group}), ...(mode === undefined ? {} : {mode})}
}

/** For people: `www-data:adm, mode 0640`. */
export function ownerInWords({user, group, mode}: OwnerWish): string {
  return [...(user === undefined && group === undefined ? [] : [`owner ${user ?? ''}${group === undefined ? '' : `:${group}`}`]), ...(mode === undefined ? [] : [`mode ${mode.toString(8).padStart(4, '0')}`])].join(', ')
}

/** The numbers that the host has for users of the container; names are looked up in its own files. @throws InvalidInputError */
export async function ownerInContainer({user, group}: OwnerWish, map: IdMap, tree: FileTree): Promise<OwnerNumbers> {
  const idOf = async (option: 'user' | 'group', name: string, file: string, kind: 'u' | 'g') => {
    const inside = readNumber(option, name) ?? numberInTable(await tree.readText(file, maxBytes) ?? '', name)
    if (inside === undefined) throw new InvalidInputError(`the container has no ${option} '${name}'`, {[option]: 'does not exist in the container'})
    const outside = hostId(map, kind, inside)
    if (outside === undefined) throw new InvalidInputError(`the ${option} ${inside} of the container is none that the host maps`, {[option]: 'is beyond the id map'})
    return outside
  }
  return {
    ...(user === undefined ? {} : {uid: await idOf('user', user, '/etc/passwd', 'u')}), ...(group === undefined ? {} : {gid: await idOf('group', group, '/etc/group', 'g')}),
  }
}

/** Names as the host knows them, wherever it has them from. @throws InvalidInputError */
export async function ownerOnHost({user, group}: OwnerWish, host: Pick<Host, 'run'>): Promise<OwnerNumbers> {
  const idOf = async (option: 'user' | 'group', name: string, table: string) => {
    const number = readNumber(option, name) ?? numberInTable((await host.run(['getent', '--', table, name], {okExitCodes: [0, 2]})).stdout, name)
    if (number === undefined) throw new InvalidInputError(`the host has no ${option} '${name}'`, {[option]: 'does not exist on the host'})
    return number
  }
  return {...(user === undefined ? {} : {uid: await idOf('user', user, 'passwd')}), ...(group === undefined ? {} : {gid: await idOf('group', group, 'group')})}
}

function readNumber(option: string, text: string): number | undefined {
  if (!/^\d{1,15}$/.test(text)) return undefined
  if (Number(text) > mostId) throw new InvalidInputError(`'${text}' is no number of a ${option}`, {[option]: 'is too large'})
  return Number(text)
}

/** The third field of the line in passwd(5) or group(5) that begins with the name. Pure. */
export function numberInTable(text: string, name: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${name}:`))
  const number = /^\d{1,10}$/.exec(line?.split(':')[2] ?? '')?.[0]
  return number === undefined || Number(number) > mostId ? undefined : Number(number)
}
