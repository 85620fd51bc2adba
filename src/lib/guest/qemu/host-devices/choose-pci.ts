// Which devices of the host a guest gets for its hostpci keys. Pure: addresses, mappings and what others hold are given. A mapping may
// have several entries for a node; the first that is free is taken.
import {ConflictError, InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {readHostPciDevices} from '../config/host-devices.ts'
import type {HostPci} from '../config/host-devices.ts'
import type {PciMapping, PciMappingEntry} from './mappings.ts'
import type {PciDevice} from './pci-devices.ts'

export interface PciChoiceFacts {
  readonly node: string
  readonly vmid: number
  /** What the host has, by address. Ids and groups are compared where they are known. */
  readonly devices: readonly Pick<PciDevice, 'address' | 'vendor' | 'device' | 'iommuGroup'>[]
  readonly mappings: readonly PciMapping[]
  /** Addresses that other guests have, with their VMIDs where they are known. */
  readonly taken: ReadonlyMap<string, number | undefined>
}

/** The devices that stand behind a hostpci key: functions of one slot, or with mdev those of which one carries the mediated device. */
export interface ChosenPci {
  readonly addresses: readonly string[]
  readonly mdev?: {readonly uuid: string; readonly type: string}
}

/**
 * By key, in the order in which Proxmox VE decides (hostpci1, hostpci10, hostpci2).
 * @throws NotFoundError for a device or mapping that is not there, ConflictError for one that is taken, InvalidInputError for a mapping that
 * does not fit the hardware or the guest
 */
export function choosePciDevices(values: Readonly<Record<string, string>>, facts: PciChoiceFacts): Record<string, ChosenPci> {
  const chosen: Record<string, ChosenPci> = {}
  const used = new Map<string, string>()
  const requests = readHostPciDevices(values).sort((a, b) => (a.key < b.key ? -1 : 1))
  const alternatives = new Map(requests.map(request => [request.key, alternativesOf(request, facts)]))
  // What has no choice comes first, so that a mapping does not take it away.
  for (const request of requests.filter(({key}) => alternatives.get(key)?.length === 1)) take(request)
  for (const request of requests.filter(({key}) => chosen[key] === undefined)) take(request)
  return chosen

  function take(request: HostPci): void {
    const groups = alternatives.get(request.key) ?? []
    // A device can carry mediated devices of many guests.
    const isFree = (address: string) => request.mdev !== undefined || (!used.has(address) && !facts.taken.has(address))
    const group = groups.find(addresses => addresses.every(isFree))
    if (group === undefined) throw noneFree(request, groups, used, facts)
    for (const address of group) used.set(address, request.key)
    chosen[request.key] = {
      addresses: group,
      ...(request.mdev === undefined ? {} : {mdev: {uuid: mediatedDeviceId(facts.vmid, request.index), type: request.mdev}}),
    }
  }
}

/** The UUID of a guest's mediated device, as Proxmox VE makes it of both numbers. */
export function mediatedDeviceId(vmid: number, index: number): string {
  return `${String(index).padStart(8, '0')}-0000-0000-0000-${String(vmid).padStart(12, '0')}`
}

/** Groups of addresses, each of which would do. */
function alternativesOf(request: HostPci, facts: PciChoiceFacts): string[][] {
  const {key, source, mdev} = request
  if (source.kind === 'host') {
    const addresses = [...new Set(source.addresses.flatMap(address => devicesAt(address, key, facts)))]
    if (mdev !== undefined && addresses.length > 1) throw new InvalidInputError(`'${key}' asks for a mediated device on several functions; name one`, {[`${key}.host`]: 'must name one function'})
    return [addresses]
  }
  const mapping = facts.mappings.find(({name}) => name === source.name)
  const entries = mapping?.entries.filter(({node}) => node === facts.node) ?? []
  if (mapping === undefined || entries.length === 0) {
    throw new NotFoundError(`'${key}' wants the PCI device '${source.name}', and mapping/pci.cfg has no entry of that name for the node ${facts.node}`, {
      data: {key}, nextSteps: [`Name the device itself: qm set ${facts.vmid} --${key} host=ADDRESS (lspci -D shows them)`],
    })
  }
  if (mdev !== undefined && !mapping.mdev) {
    throw new InvalidInputError(`'${key}' asks for a mediated device on the mapping '${source.name}', which does not say mdev 1`, {[`${key}.mdev`]: 'is not for this mapping'})
  }
  const groups = entries.map(entry => {
    const addresses = entry.path.split(';').flatMap(address => devicesAt(address, key, facts))
    assertSameHardware(request, source.name, entry, addresses[0] ?? '', facts)
    return addresses
  })
  return mdev === undefined ? groups : [[...new Set(groups.flat())]]
}

/** An address without its function stands for all functions of the slot. */
function devicesAt(address: string, key: string, facts: PciChoiceFacts): string[] {
  const found = facts.devices.map(device => device.address).filter(known => known === address || (!address.includes('.') && known.startsWith(`${address}.`))).sort()
  if (found.length > 0) return found
  throw new NotFoundError(`'${key}' names the PCI device ${address}, which this host does not have`, {data: {key, address}, nextSteps: ['See what there is: lspci -D']})
}

/** A mapping says what was there when it was made; another card in the same slot is not to be handed out under its name. */
function assertSameHardware({key}: HostPci, name: string, entry: PciMappingEntry, address: string, facts: PciChoiceFacts): void {
  const device = facts.devices.find(candidate => candidate.address === address)
  const actualId = device?.vendor === undefined || device.device === undefined ? undefined : `${device.vendor}:${device.device}`.replaceAll('0x', '')
  const differs = (what: string, expected: string, actual: string): never => {
    throw new InvalidInputError(`the mapping '${name}' of '${key}' does not fit the hardware any more: ${address} has the ${what} ${actual}, not ${expected}`, {[`${key}.mapping`]: 'does not fit the hardware'}, {
      nextSteps: [`Look at it (lspci -Dnn -s ${address}) and correct mapping/pci.cfg.`],
    })
  }
  if (actualId !== undefined && actualId.toLowerCase() !== entry.id.toLowerCase()) differs('id', entry.id, actualId)
  const group = device?.iommuGroup
  if (group !== undefined && entry.iommugroup !== undefined && entry.iommugroup >= 0 && group !== entry.iommugroup) differs('IOMMU group', String(entry.iommugroup), String(group))
}

function noneFree({key, source}: HostPci, groups: readonly string[][], used: ReadonlyMap<string, string>, facts: PciChoiceFacts): ConflictError {
  const holders = groups.flat().flatMap(address => {
    const other = used.get(address)
    if (other !== undefined) return [`${address} is given to ${other} of the same guest`]
    if (!facts.taken.has(address)) return []
    const vmid = facts.taken.get(address)
    return [vmid === undefined ? `${address} is taken` : `${address} belongs to the running virtual machine ${vmid}`]
  })
  const what = source.kind === 'mapping' ? `no device of the mapping '${source.name}' is free` : 'the device is not free'
  return new ConflictError(`${what} for '${key}': ${holders.join(', ')}`, {data: {key, vmid: facts.vmid}})
}
