// Which guests a backup job is for, wherever they are, and which of their volumes its backups take in. Looks at the configuration alone.
import {parseUserConfig} from '../../access/index.ts'
import {AppError, InvalidInputError, errorChain} from '../../base/index.ts'
import {configParser, findGuest, listAllGuests, loadBackupType} from '../../guest/backup/index.ts'
import type {GuestPlace} from '../../guest/backup/index.ts'
import {splitList} from '../../spec/index.ts'
import type {Context} from '../../tasks/index.ts'
import {chosenGuests} from '../vzdump/choose-guests.ts'
import type {Job} from './job-config.ts'

type Store = Context['store']

/** VMIDs in their order; those that are named and are nowhere as well. A pool that is not there has no members. */
export async function guestsOfJob({values, node}: Job, store: Store): Promise<number[]> {
  const list = (value: unknown) => typeof value === 'string' ? splitList(value).map(Number) : []
  const pool = typeof values['pool'] === 'string' ? values['pool'] : undefined
  const members = pool === undefined ? undefined : parseUserConfig((await store.read('user.cfg'))?.data ?? '').pools.get(pool)?.vmids
  const choice = {
    vmids: list(values['vmid']), exclude: list(values['exclude']), pool, node,
    all: values['all'] === true || values['exclude'] !== undefined && pool === undefined,
  }
  const byNode = chosenGuests(choice, {guests: await listAllGuests(store), poolMembers: [...members ?? []]})
  return [...byNode.values()].flat().sort((a, b) => a - b)
}

/** As Proxmox VE's API has it. */
export interface CoveredGuest {
  readonly id: number
  readonly type: 'lxc' | 'qemu' | 'unknown'
  readonly name?: string
  readonly children?: readonly {readonly id: string; readonly name: string; readonly included: boolean; readonly reason: string}[]
}

/** @throws InvalidInputError for a configuration that cannot be read */
export async function volumesOfGuest(vmid: number, store: Store): Promise<CoveredGuest> {
  const guest = await findGuest(vmid, store)
  if (guest === undefined) return {id: vmid, type: 'unknown'}
  const values = await valuesOf(guest)
  const volumes = await (await loadBackupType(guest.type)).volumes(values)
  return {
    id: vmid, type: guest.type, ...nameIn(values),
    children: volumes.map(({key, volume, isIncluded, reason}) => ({id: `${vmid}:${key}`, name: volume, included: isIncluded, reason})),
  }
}

/** Absent where it has none, or cannot be read. */
export async function nameOfGuest(guest: GuestPlace): Promise<{name?: string}> {
  try {
    return nameIn(await valuesOf(guest))
  } catch (error) {
    if (error instanceof AppError) return {}
    throw error
  }
}

function nameIn({name, hostname}: Readonly<Record<string, string>>): {name?: string} {
  const known = name ?? hostname
  return known === undefined ? {} : {name: known}
}

/** What is in force. @throws InvalidInputError */
async function valuesOf({vmid, type, file}: GuestPlace): Promise<Readonly<Record<string, string>>> {
  try {
    return (await configParser(type))(file.data).current.values
  } catch (error) {
    throw new InvalidInputError(`the configuration of guest ${vmid} cannot be read: ${errorChain(error).join(': ')}`)
  }
}
