// The LUNs of an iSCSI target as volumes, opened by the host's kernel: disks of its own by names that udev gives them. The host logs in when the
// storage is first used, and stays logged in; guests and volume groups may be using it.
import type {Clock} from '../../base/index.ts'
import {InvalidInputError, NotFoundError, UnavailableError, UnsupportedError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {readContentList} from '../content.ts'
import {refusedChanges} from '../fixed-luns.ts'
import type {IscsiTarget} from '../iscsi-target.ts'
import {readIscsiTarget} from '../iscsi-target.ts'
import type {Storage, StorageConfig, StorageTraits, Usage, Volume, VolumeId} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import type {ScsiDisk} from './devices.ts'
import {byIdFolder, disksOfSessions} from './devices.ts'
import {formatScsiName, parseScsiVolumeName, scsiName} from './naming.ts'
import {logIn, rescan, sessionsWith} from './sessions.ts'

/** Disks appear, and udev names them, a moment after the login. */
const settleLimitMs = 30_000
const settlePollMs = 200

interface IscsiStorage { readonly host: Host; readonly clock: Clock; readonly storage: string; readonly target: IscsiTarget }

/** @throws InvalidInputError when an option of the section is wrong */
export function openIscsiStorage(config: StorageConfig, traits: StorageTraits, host: Host, clock: Clock): Storage {
  const on: IscsiStorage = {host, clock, storage: config.storage, target: readIscsiTarget(config)}
  const content = config['content'] === undefined ? traits.defaultContent : readContentList(config['content'], config.storage)
  return {
    config, traits: {...traits, defaultContent: content},
    parseName: parseScsiVolumeName,
    activate: async () => { await sessions(on) },
    usage: () => usage(on),
    // LUNs have no owner, so they are no guest's.
    list: async (wanted, vmid) => wanted.includes('images') && vmid === undefined ? (await freshDisks(on)).map((disk) => described(on, disk)) : [],
    volume: async (id) => described(on, await diskOf(on, id)),
    exists: async (id) => (await knownDisk(on, id)) !== undefined,
    ...refusedChanges(on.storage, (id) => pathOf(on, id), [`A disk of its own for each guest: a volume group on a LUN (pvesm add lvm <storage> --vgname <name> --base ${on.storage}:<volume>)`]),
    path: (id) => pathOf(on, id),
    blockSource: (id) => ({protocol: {driver: 'host_device', filename: pathOf(on, id)}, format: 'raw'}),
    imageName: (id, snapshot) => {
      if (snapshot !== undefined) throw new UnsupportedError('LUNs of an iSCSI target have no snapshots here; the server may make some')
      return {path: pathOf(on, id), format: 'raw'}
    },
    leftovers: async () => [],
    attach: async (id) => {
      await diskOf(on, id)
      return pathOf(on, id)
    },
    detach: async () => undefined,
  }
}

function pathOf({storage}: IscsiStorage, id: VolumeId): string {
  if (id.storage !== storage) throw new InvalidInputError(`the volume ${formatVolumeId(id)} is not on storage '${storage}'`)
  return `${byIdFolder}/${scsiName(id.name).device}`
}

/** The sessions with the target; logs in when there are none. @throws UnavailableError */
async function sessions({host, target}: IscsiStorage): Promise<number[]> {
  const present = await sessionsWith(host, target.target)
  if (present.length > 0) return present
  await logIn(host, target)
  const made = await sessionsWith(host, target.target)
  if (made.length > 0) return made
  throw new UnavailableError(`the host has logged in to the iSCSI target '${target.target}' and has no session with it`, {nextSteps: ['See what is there: iscsiadm -m session', 'journalctl -u iscsid']})
}

async function usage(on: IscsiStorage): Promise<Usage> {
  try {
    const disks = await disksOfSessions(on.host, await sessions(on))
    const totalBytes = disks.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)
    return {totalBytes, usedBytes: totalBytes, availableBytes: 0, isActive: true}
  } catch (error) {
    if (error instanceof UnavailableError) return {totalBytes: 0, usedBytes: 0, availableBytes: 0, isActive: false, reason: error.message}
    throw error
  }
}

/** All disks, after the kernel has looked for new ones. */
async function freshDisks(on: IscsiStorage): Promise<ScsiDisk[]> {
  const found = await sessions(on)
  for (const session of found) await rescan(on.host, on.target, session)
  return settledDisks(on, found)
}

/** Waits until udev has named every disk, or for long enough. */
async function settledDisks({host, clock}: IscsiStorage, found: readonly number[]): Promise<ScsiDisk[]> {
  const endMs = clock.now() + settleLimitMs
  for (;;) {
    const unnamed: string[] = []
    const disks = await disksOfSessions(host, found, (name) => { unnamed.push(name) })
    if (disks.length > 0 && unnamed.length === 0 || clock.now() >= endMs) return disks
    await clock.sleep(settlePollMs)
  }
}

function described({storage}: IscsiStorage, disk: ScsiDisk): Volume {
  const name = formatScsiName(disk)
  return {...parseScsiVolumeName(name), id: {storage, name}, sizeBytes: disk.sizeBytes}
}

/**
 * The disk that a name means. udev has several names for a disk, and which of them is listed depends on what is installed; each is understood that
 * leads to a disk of this target at that place.
 */
async function knownDisk(on: IscsiStorage, volume: VolumeId): Promise<ScsiDisk | undefined> {
  const path = pathOf(on, volume)
  const disks = await disksOfSessions(on.host, await sessions(on))
  const device = await on.host.files.realPath(path).catch(() => undefined)
  if (device === undefined) return undefined
  const wanted = scsiName(volume.name)
  const found = disks.find(({kernelName, channel, id, lun}) => kernelName === device.slice(device.lastIndexOf('/') + 1) && channel === wanted.channel && id === wanted.id && lun === wanted.lun)
  return found === undefined ? undefined : {...found, device: wanted.device}
}

/** @throws NotFoundError */
async function diskOf(on: IscsiStorage, id: VolumeId): Promise<ScsiDisk> {
  const known = await knownDisk(on, id)
  if (known !== undefined) return known
  // Made on the server since the host logged in, or not named yet.
  await freshDisks(on)
  const found = await knownDisk(on, id)
  if (found !== undefined) return found
  throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {nextSteps: [`See what is there: pvesm list ${on.storage}`]})
}
