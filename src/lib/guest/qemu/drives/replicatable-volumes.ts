// Which volumes of a guest a replication would hold: its own disks on storages of this host alone, in force, unused or in a snapshot. Pure but for the
// storages that it is given.
import {InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import type {Storage} from '../../../storage/index.ts'
import {parseVolumeId} from '../../../storage/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {driveKeys, isCdrom, isCloudInitDrive, readDrive} from '../config/index.ts'

/** The kinds of keys that name a volume, besides the drives. */
const volumeKey = /^(?:efidisk0|tpmstate0|unused\d{1,3}|vmstate)$/

interface Wish { readonly file: string; readonly isWanted: boolean }

/**
 * A volume that one place wants is held although another says `replicate=0`: a snapshot cannot do without it.
 * @param storageOf opens a storage. @throws NotFoundError when there is none by that name
 * @returns volume ids, sorted
 * @throws InvalidInputError for a file or device of the host, UnsupportedError for a volume that its storage cannot send by its changes
 */
export function replicatableVolumes(vmid: number, config: Pick<GuestConfig, 'current' | 'snapshots'>, storageOf: (name: string) => Pick<Storage, 'traits' | 'parseName'>): string[] {
  const wishes = [config.current, ...Object.values(config.snapshots)].flatMap(({values}) => wishesIn(values))
  const wanted = new Set(wishes.filter(({isWanted}) => isWanted).map(({file}) => file))
  return [...wanted].filter((file) => isHeld(vmid, file, storageOf)).sort()
}

function wishesIn(values: Readonly<Record<string, string>>): Wish[] {
  return Object.entries(values).flatMap(([key, text]) => {
    if (volumeKey.test(key)) return [{file: text.split(',')[0]?.replace(/^(?:file|volume)=/, '') ?? '', isWanted: true}]
    if (!driveKeys.includes(key)) return []
    const drive = readDrive(key, text)
    // The image of cloud-init is the guest's own although its drive is a CD-ROM.
    const isMedium = isCdrom(drive) && !isCloudInitDrive(drive)
    return drive.file === 'none' || isMedium ? [] : [{file: drive.file, isWanted: drive.replicate !== false}]
  })
}

function isHeld(vmid: number, file: string, storageOf: (name: string) => Pick<Storage, 'traits' | 'parseName'>): boolean {
  if (file.startsWith('/')) throw new InvalidInputError(`the file or device '${file.slice(0, 120)}' cannot be replicated`, {}, {nextSteps: ['Leave it out: replicate=0 among the options of its drive.']})
  const id = parseVolumeId(file)
  const storage = storageOf(id.storage)
  if (storage.traits.shared) return false
  const name = storage.parseName(id.name)
  if (name.vmid !== vmid) return false
  const formats: readonly string[] = storage.traits.replicationFormats ?? []
  if (name.content === 'images' && formats.includes(name.format)) return true
  throw new UnsupportedError(`the volume '${file}' cannot be replicated: its storage does not send what changed`, {nextSteps: ['Move it to a storage of type zfspool, or leave it out: replicate=0 among the options of its drive.']})
}
