// What this node's entries of mapping/usb.cfg stand for.
import {ConflictError, InvalidInputError, NotFoundError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import type {Store} from '../../../store/index.ts'
import type {MappedUsbDevice} from '../arguments/index.ts'
import {readUsb, readUsbHost, usbCount} from '../config/index.ts'
import {parseUsbMappings} from '../host-devices/index.ts'
import type {UsbMapping} from '../host-devices/index.ts'

export const usbMappingsPath = 'mapping/usb.cfg'

export interface UsbMappingContext { readonly host: Pick<Host, 'files'>; readonly store: Pick<Store, 'read'>; readonly node: string }

/**
 * The mappings that the guest's usb keys name and that have an entry for this node.
 * @throws InvalidInputError when the device in a mapped port is another one, NotFoundError when the port is empty
 */
export async function resolveUsbMappings(values: Readonly<Record<string, string>>, {host, store, node}: UsbMappingContext): Promise<Record<string, MappedUsbDevice>> {
  const wanted = new Map<string, string>()
  for (let index = 0; index < usbCount; index++) {
    const key = `usb${index}`
    const text = values[key]
    const device = text?.includes('mapping=') === true ? readUsb(key, text).host : undefined
    if (device?.kind === 'mapping') wanted.set(device.name, key)
  }
  if (wanted.size === 0) return {}
  const file = await store.read(usbMappingsPath)
  const resolved: Record<string, MappedUsbDevice> = {}
  for (const mapping of file === undefined ? [] : parseUsbMappings(file.data)) {
    const key = wanted.get(mapping.name)
    const entry = key === undefined ? undefined : onlyEntry(mapping, node)
    if (key === undefined || entry === undefined) continue
    if (entry.path !== undefined) await assertInPort(mapping.name, entry.path, entry.id, key, host)
    const device = readUsbHost(key, entry.path ?? entry.id)
    if (device.kind !== 'spice') resolved[mapping.name] = device
  }
  return resolved
}

function onlyEntry({name, entries}: UsbMapping, node: string): UsbMapping['entries'][number] | undefined {
  const here = entries.filter(entry => entry.node === node)
  if (here.length > 1) throw new ConflictError(`the USB mapping '${name}' has ${here.length} entries for the node ${node}; there can be one`, {data: {mapping: name}})
  return here[0]
}

/** A mapped port is trusted as long as the device in it is the one that was mapped. */
async function assertInPort(name: string, path: string, id: string, key: string, {files}: Pick<Host, 'files'>): Promise<void> {
  const folder = `/sys/bus/usb/devices/${path}`
  if (await files.stat(folder, {followLinks: true}) === undefined) {
    throw new NotFoundError(`'${key}' wants the USB device '${name}', and nothing is plugged into its port ${path}`, {data: {key}, nextSteps: ['See what is plugged in: lsusb -t']})
  }
  const [vendor, product] = await Promise.all(['idVendor', 'idProduct'].map(async field => (await files.readText(`${folder}/${field}`, 64)).trim()))
  const actual = `${vendor ?? ''}:${product ?? ''}`
  if (actual.toLowerCase() === id.toLowerCase()) return
  throw new InvalidInputError(`the USB mapping '${name}' does not fit the hardware any more: port ${path} holds ${actual}, not ${id}`, {[`${key}.mapping`]: 'does not fit the hardware'}, {
    nextSteps: ['Correct mapping/usb.cfg.'],
  })
}
