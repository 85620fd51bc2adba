// Which guest a volume belongs to, by its name alone. All storage types of Proxmox VE keep to this: on folders the images of a guest lie
// in a folder named after it (`100/vm-100-disk-0.raw`), elsewhere its number stands in the name (`vm-100-disk-0`); a linked clone's
// name comes after that of its base. Pure, so that it also holds for a storage that is gone or switched off.

/** The guest that owns the volume; undefined for ISO images, backups and other volumes without an owner. */
export function volumeOwner(volume: string): number | undefined {
  const segments = volume.slice(volume.indexOf(':') + 1).split('/')
  const last = segments.at(-1) ?? ''
  const folder = segments.at(-2)
  if (folder !== undefined && /^[1-9]\d{0,8}$/.test(folder)) return Number(folder)
  // `iso/vm-100-tools.iso` is nobody's, whatever it is called.
  if (folder !== undefined && !/^(?:base|basevol)-\d+-/.test(folder)) return undefined
  const named = /^(?:vm|base|subvol|basevol)-([1-9]\d{0,8})-/.exec(last)
  return named === null ? undefined : Number(named[1])
}

/** Tells the volumes of one guest from others. */
export function ownedBy(vmid: number): (volume: string) => boolean {
  return volume => volumeOwner(volume) === vmid
}
