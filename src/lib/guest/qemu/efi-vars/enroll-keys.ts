// Adds to a guest's variables the keys for Secure Boot that a template has and the guest lacks. Nothing of the guest's own is taken away: its
// variables, boot entries and keys stay as they are. Pure; it must not know where the bytes come from.
import {X509Certificate} from 'node:crypto'
import {InvalidInputError, printable} from '../../../base/index.ts'
import {certificateType, formatSignatureLists, readSignatureLists} from './signature-lists.ts'
import type {SignatureList} from './signature-lists.ts'
import {formatVariableStore, readVariableStore} from './variable-store.ts'
import type {Variable, VariableStore} from './variable-store.ts'

export interface Enrolled {
  /** The store as it is to be. */
  readonly bytes: Buffer
  /** What was added, `db: Microsoft UEFI CA 2023`; nothing when the guest lacks nothing. */
  readonly added: readonly string[]
  /** Which of Microsoft's certificates the store has now, as the property `ms-cert` says it; undefined for those of 2011. */
  readonly microsoft?: string
}

const securityGuid = 'cbb219d73a3d9645a3bcdad00e67656f'
const globalGuid = '61dfe48bca93d211aa0d00e098032b8c'
const secureBootEnableGuid = 'c70ba3f008af564599c4001009c93a44'

/**
 * @param guest the store of the guest
 * @param template the one that has the keys, of the same size
 * @throws InvalidInputError for a store that cannot be read, is of another size or has no room
 */
export function enrollKeys(guest: Buffer, template: Buffer): Enrolled {
  const from = readVariableStore(template)
  const to = readVariableStore(guest)
  if (to.bytes.length !== from.bytes.length) {
    throw new InvalidInputError(`the variable store of the guest has ${to.bytes.length} bytes, that of the firmware ${from.bytes.length}`, {}, {nextSteps: ['Correct efitype of efidisk0, if it is wrong.']})
  }
  const added: string[] = []
  const variables = [...to.variables]
  // The key that locks the others comes with them, unless there is one: the platform is the user's own then.
  for (const [name, guid, mode] of [['db', securityGuid, 'append'], ['dbx', securityGuid, 'when-absent'], ['KEK', globalGuid, 'append'], ['PK', globalGuid, 'when-absent']] as const) {
    added.push(...addKeys(variables, find(from.variables, name, guid), mode))
  }
  const enable = find(from.variables, 'SecureBootEnable', secureBootEnableGuid)
  if (added.some((line) => line.startsWith('PK: ')) && enable !== undefined && find(variables, enable.name, enable.guid) === undefined) variables.push(enable)
  const microsoft = microsoftOf(from)
  return {bytes: added.length === 0 ? to.bytes : formatVariableStore(to, variables), added, ...(microsoft === undefined ? {} : {microsoft})}
}

function find(variables: readonly Variable[], name: string, guid: string): Variable | undefined {
  return variables.find((variable) => variable.name === name && variable.guid === guid && variable.data.length > 0)
}

/** Changes `variables`. */
function addKeys(variables: Variable[], wanted: Variable | undefined, mode: 'append' | 'when-absent'): string[] {
  if (wanted === undefined) return []
  const lists = readSignatureLists(wanted.data)
  const was = find(variables, wanted.name, wanted.guid)
  if (was === undefined) {
    const stale = variables.findIndex(({name, guid}) => name === wanted.name && guid === wanted.guid)
    if (stale >= 0) variables.splice(stale, 1)
    variables.push(wanted)
    return namesOf(wanted.name, lists)
  }
  if (mode === 'when-absent') return []
  const own = new Set(readSignatureLists(was.data).flatMap(({type, signatures}) => signatures.map(({data}) => `${type} ${data.toString('hex')}`)))
  const missing = lists
    .map((list) => ({...list, signatures: list.signatures.filter(({data}) => !own.has(`${list.type} ${data.toString('hex')}`))}))
    .filter(({signatures}) => signatures.length > 0)
  if (missing.length === 0) return []
  // What is appended keeps the time of the signature: a later one would keep out updates that are signed already.
  variables[variables.indexOf(was)] = {...was, data: Buffer.concat([was.data, formatSignatureLists(missing)])}
  return namesOf(wanted.name, missing)
}

function namesOf(variable: string, lists: readonly SignatureList[]): string[] {
  return lists.flatMap(({type, signatures}) => signatures.map(({data}) => `${variable}: ${type === certificateType ? commonName(data) : `digest ${data.toString('hex', 0, 32)}`}`))
}

function commonName(certificate: Buffer): string {
  try {
    const {subject} = new X509Certificate(certificate)
    return printable(/^CN=(.{1,200})$/m.exec(subject)?.[1] ?? subject)
  } catch {
    return 'a certificate that cannot be read'
  }
}

/** The guest has all that the template has by then. The words are those of Proxmox VE for `ms-cert`. */
function microsoftOf({variables}: VariableStore): string | undefined {
  const names = [['db', securityGuid], ['KEK', globalGuid]].flatMap(([name, guid]) => {
    const variable = find(variables, name as string, guid as string)
    return variable === undefined ? [] : namesOf(variable.name, readSignatureLists(variable.data))
  })
  if (!names.includes('db: Microsoft UEFI CA 2023')) return undefined
  if (!names.includes('db: Windows UEFI CA 2023')) return '2023'
  return names.includes('KEK: Microsoft Corporation KEK 2K CA 2023') ? '2023k' : '2023w'
}
