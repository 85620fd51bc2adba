// Gives PCI devices to drivers and makes mediated devices, by sysfs. Documentation/ABI/testing/sysfs-bus-pci, sysfs-bus-vfio-mdev.
import {AppError, ConflictError, UnavailableError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {linkedName, pciFolder} from './pci-devices.ts'

type Files = Pick<Host, 'files'>
const mdevFolder = '/sys/bus/mdev/devices'

/**
 * Takes a device from the driver that has it and gives it to another; to none with ''. Right when it has it already.
 * @throws UnavailableError when the driver does not take it
 */
export async function bindPciDevice(address: string, driver: string, host: Files): Promise<void> {
  const {files} = host
  const folder = `${pciFolder}/${address}`
  const current = await linkedName(`${folder}/driver`, host)
  if ((current ?? '') === driver) return
  // The override keeps the device from falling back to its own driver; a line break alone takes it away again.
  await files.writeInPlace(`${folder}/driver_override`, driver === 'vfio-pci' ? `${driver}\n` : '\n')
  if (current !== undefined) await files.writeInPlace(`${folder}/driver/unbind`, address)
  if (driver === '') return
  await files.writeInPlace('/sys/bus/pci/drivers_probe', address)
  const taken = await linkedName(`${folder}/driver`, host)
  if (taken !== driver) {
    throw new UnavailableError(`the driver ${driver} did not take the PCI device ${address}${taken === undefined ? '' : `; ${taken} has it`}`, {data: {address, driver}})
  }
}

/**
 * Makes a mediated device on the first of the devices that has one of the type left.
 * @throws UnavailableError when none has; ConflictError when it is there already
 */
export async function createMediatedDevice(uuid: string, type: string, addresses: readonly string[], {files}: Files): Promise<void> {
  if (await files.stat(`${mdevFolder}/${uuid}`) !== undefined) throw new ConflictError(`the mediated device ${uuid} is there already`, {data: {uuid}})
  const seen: string[] = []
  for (const address of addresses) {
    const types = `${pciFolder}/${address}/mdev_supported_types`
    seen.push(...await files.list(types))
    const path = `${types}/${type}`
    if (await files.stat(path) === undefined || !(await hasInstances(path, {files}))) continue
    await files.writeInPlace(`${path}/create`, uuid)
    return
  }
  const known = [...new Set(seen)]
  throw new UnavailableError(
    known.includes(type) ? `no mediated device of the type ${type} is left on ${addresses.join(', ')}` : `${addresses.join(', ')} has no mediated devices of the type ${type}`,
    {data: {type}, nextSteps: [known.length === 0 ? 'The driver of the device offers none; its vendor\'s driver may be missing.' : `It offers: ${known.slice(0, 20).join(', ')}`]},
  )
}

async function hasInstances(path: string, {files}: Files): Promise<boolean> {
  return Number((await files.readText(`${path}/available_instances`, 64)).trim()) > 0
}

/** Removes a mediated device; nothing when it is not there. */
export async function removeMediatedDevice(uuid: string, {files}: Files): Promise<void> {
  const path = `${mdevFolder}/${uuid}/remove`
  try {
    if (await files.stat(path) !== undefined) await files.writeInPlace(path, '1')
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'not-found') throw error
  }
}
