// Folders of the host that the guest mounts by virtiofs: a device for each, whose other end is a virtiofsd that the start brings up beside
// QEMU. It works on the guest's memory, which must therefore be shared with it.
import {InvalidInputError} from '../../../base/index.ts'
import {readVirtiofs, virtiofsKeys} from '../config/virtiofs.ts'
import type {Guest} from './guest.ts'
import {optionText} from './option-text.ts'

/** Whether another process works on the guest's memory. */
export function sharesMemory(guest: Guest): boolean {
  return virtiofsKeys.some((key) => guest.values[key] !== undefined)
}

/**
 * Without addresses of their own, and so to stand behind all devices that have one: QEMU then takes a slot that is free.
 * @throws InvalidInputError for folders of one name, which the guest could not tell apart
 */
export function virtiofsDevices(guest: Guest): string[] {
  const seen = new Set<string>()
  return virtiofsKeys.flatMap((key) => {
    const text = guest.values[key]
    if (text === undefined) return []
    const {dirid} = readVirtiofs(key, text)
    if (seen.has(dirid)) throw new InvalidInputError(`the folder '${dirid}' is shared twice (${key})`, {[key]: 'names a folder that is shared already'})
    seen.add(dirid)
    return [
      '-chardev', optionText('socket', {id: key, path: `${guest.input.paths.virtiofs}${key.slice('virtiofs'.length)}`}),
      '-device', optionText('vhost-user-fs-pci', {'queue-size': 1024, chardev: key, tag: dirid}),
    ]
  })
}
