// The host's PCI devices as sysfs shows them. Only reads.
import {AppError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'

export const pciFolder = '/sys/bus/pci/devices'

export interface PciDevice {
  /** `0000:01:00.0`. */
  readonly address: string
  /** `0x8086`. */
  readonly vendor: string | undefined
  readonly device: string | undefined
  /** `0x030000`: base class, subclass, interface. */
  readonly class: string | undefined
  readonly iommuGroup: number | undefined
  /** The driver that has it, such as vfio-pci. */
  readonly driver: string | undefined
}

/** All addresses, sorted. */
export async function listPciAddresses({files}: Pick<Host, 'files'>): Promise<string[]> {
  return (await files.list(pciFolder)).filter(name => /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(name))
}

/** All devices of the host. Some ten files each, so it is asked only where a guest has devices of the host. */
export async function readPciDevices(host: Pick<Host, 'files'>): Promise<PciDevice[]> {
  return Promise.all((await listPciAddresses(host)).map(address => readPciDevice(address, host)))
}

export async function readPciDevice(address: string, host: Pick<Host, 'files'>): Promise<PciDevice> {
  const folder = `${pciFolder}/${address}`
  const [vendor, device, pciClass, group, driver] = await Promise.all([
    readValue(`${folder}/vendor`, host), readValue(`${folder}/device`, host), readValue(`${folder}/class`, host),
    linkedName(`${folder}/iommu_group`, host), linkedName(`${folder}/driver`, host),
  ])
  return {address, vendor, device, class: pciClass, iommuGroup: group === undefined ? undefined : Number(group), driver}
}

/** The last name of what a link points to. */
export async function linkedName(path: string, {files}: Pick<Host, 'files'>): Promise<string | undefined> {
  if (await files.stat(path) === undefined) return undefined
  try {
    return (await files.realPath(path)).split('/').at(-1)
  } catch (error) {
    // A driver that lets go at this moment.
    if (error instanceof AppError && error.kind === 'not-found') return undefined
    throw error
  }
}

async function readValue(path: string, {files}: Pick<Host, 'files'>): Promise<string | undefined> {
  if (await files.stat(path) === undefined) return undefined
  return (await files.readText(path, 4096)).trim()
}
