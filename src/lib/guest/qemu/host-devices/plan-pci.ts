// From the devices that a guest is given to the steps that make them ready, with what stands in the way said before anything is touched.
// Pure. Documentation/driver-api/vfio.rst: a device can be handed over only together with all others of its IOMMU group.
import {ConflictError, UnavailableError} from '../../../base/index.ts'
import type {Step} from '../../../tasks/index.ts'
import {readHostPciDevices} from '../config/host-devices.ts'
import type {ChosenPci} from './choose-pci.ts'
import type {PciDevice} from './pci-devices.ts'

export const vfioDriver = 'vfio-pci'

export interface PciPlanFacts {
  readonly vmid: number
  readonly devices: readonly PciDevice[]
  /** Addresses that other guests have. */
  readonly taken: ReadonlyMap<string, number | undefined>
  /** Whether the module vfio-pci is there. */
  readonly hasVfioDriver: boolean
}

/**
 * @throws UnavailableError on a host without IOMMU, ConflictError when a device or one of its group belongs to another guest or is one that the
 * host itself needs
 */
export function planPciSteps(values: Readonly<Record<string, string>>, chosen: Readonly<Record<string, ChosenPci>>, facts: PciPlanFacts): Step[] {
  const requests = readHostPciDevices(values)
  if (requests.length === 0) return []
  const {vmid} = facts
  const passed = new Map<string, {key: string; keepsDriver: boolean}>()
  const mediated: {uuid: string; type: string; addresses: readonly string[]}[] = []
  for (const {key, driver} of requests) {
    const {addresses = [], mdev} = chosen[key] ?? {}
    if (mdev !== undefined) mediated.push({...mdev, addresses})
    else for (const address of addresses) passed.set(address, {key, keepsDriver: driver === 'keep'})
  }
  const bound = [...passed].flatMap(([address, {key, keepsDriver}]) => bindings(address, key, keepsDriver, passed, facts))
  const unique = [...new Map(bound.map(device => [device.address, device])).values()]
  const claims = [...passed.keys(), ...mediated.map(({uuid}) => uuid)]
  return [
    {do: {kind: 'qemu.claim-pci', vmid, names: claims}, undo: {kind: 'qemu.release-pci', vmid}},
    ...(unique.length > 0 && !facts.hasVfioDriver ? [{do: {kind: 'run', argv: ['modprobe', vfioDriver]}}] : []),
    ...unique.map(({address, driver}): Step => ({
      do: {kind: 'qemu.bind-pci', address, from: driver ?? '', to: vfioDriver},
      undo: {kind: 'qemu.bind-pci', address, from: vfioDriver, to: driver ?? ''},
    })),
    // Removed with the claim on it.
    ...mediated.map(({uuid, type, addresses}): Step => ({do: {kind: 'qemu.create-mdev', uuid, type, addresses}})),
  ]
}

/** The device and those of its group that have to go to vfio-pci as well; those that are there already are left out. */
function bindings(address: string, key: string, keepsDriver: boolean, passed: ReadonlyMap<string, unknown>, facts: PciPlanFacts): PciDevice[] {
  const device = facts.devices.find(candidate => candidate.address === address)
  if (device?.iommuGroup === undefined) throw withoutIommu(key, address, facts)
  const group = facts.devices.filter(({iommuGroup, class: pciClass}) => iommuGroup === device.iommuGroup && !isBridge(pciClass))
  for (const other of group) {
    if (other.address !== address && facts.taken.has(other.address)) throw groupTaken(key, address, other, facts)
    if (!passed.has(other.address) && isNeededByHost(other)) throw hostNeeds(key, address, other, facts)
  }
  const candidates = keepsDriver ? group.filter(other => !passed.has(other.address)) : group.filter(other => other.address === address || !passed.has(other.address))
  return candidates.filter(({driver}) => driver !== vfioDriver && driver !== 'pci-stub')
}

/** Bridges stay with the host: the kernel counts them as no danger to the group. */
function isBridge(pciClass: string | undefined): boolean {
  return pciClass?.startsWith('0x06') === true
}

/** Disks and network cards that the host uses are not taken away just because they share a group. */
function isNeededByHost({class: pciClass, driver}: PciDevice): boolean {
  return /^0x0[12]/.test(pciClass ?? '') && driver !== undefined && driver !== vfioDriver && driver !== 'pci-stub'
}

function withoutIommu(key: string, address: string, {devices, vmid}: PciPlanFacts): UnavailableError {
  if (devices.some(({iommuGroup}) => iommuGroup !== undefined)) {
    return new UnavailableError(`the PCI device ${address} of '${key}' is in no IOMMU group, so it cannot be handed to a guest`, {data: {key, address, vmid}})
  }
  return new UnavailableError(`'${key}' needs the IOMMU of the host, which is not active`, {
    data: {key, vmid},
    nextSteps: [
      'Switch it on in the firmware of the host: VT-d (Intel) or AMD-Vi / IOMMU (AMD).',
      'On Intel, boot the kernel with intel_iommu=on as well: add it to GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub, then update-grub and reboot.',
      'It is active when this shows something: ls /sys/kernel/iommu_groups',
    ],
  })
}

function groupTaken(key: string, address: string, other: PciDevice, {taken, vmid}: PciPlanFacts): ConflictError {
  const holder = taken.get(other.address)
  return new ConflictError(
    `${address} of '${key}' shares the IOMMU group ${String(other.iommuGroup)} with ${other.address}, which ${holder === undefined ? 'another guest' : `virtual machine ${holder}`} has`,
    {data: {key, address, vmid}, nextSteps: ['Devices of one group can be handed to one guest only; another slot of the board may give the card a group of its own.']},
  )
}

function hostNeeds(key: string, address: string, other: PciDevice, {vmid}: PciPlanFacts): ConflictError {
  return new ConflictError(
    `${address} of '${key}' shares the IOMMU group ${String(other.iommuGroup)} with ${other.address}, which the host uses (driver ${other.driver ?? ''})`,
    {data: {key, address, vmid}, nextSteps: [
      `Look at both: lspci -nnk -s ${address}; lspci -nnk -s ${other.address}`,
      'If the host can do without that one, hand it over as well; else another slot of the board may give the card a group of its own.',
    ]},
  )
}
