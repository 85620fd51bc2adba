// The LUNs of an iSCSI target as volumes, opened by QEMU itself: the kernel of the host knows nothing of them. libiscsi.ts asks the server.
import {AppError, InvalidInputError, NotFoundError, UnavailableError, UnsupportedError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {readContentList} from '../content.ts'
import {refusedChanges} from '../fixed-luns.ts'
import type {IscsiTarget} from '../iscsi-target.ts'
import {lunImageName, lunUrl, readIscsiInitiator, readIscsiTarget} from '../iscsi-target.ts'
import type {Storage, StorageConfig, StorageTraits, Usage, Volume, VolumeId} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {lunSizeBytes, lunSizes, lunsOfTarget} from './libiscsi.ts'
import {lunOf, parseLunName} from './naming.ts'

interface DirectStorage {
  readonly host: Host
  readonly storage: string
  readonly target: IscsiTarget
  /** This host's name as an initiator, when it was looked up. */
  initiator: string | undefined
}

/** @throws InvalidInputError when an option of the section is wrong */
export function openDirectStorage(config: StorageConfig, traits: StorageTraits, host: Host): Storage {
  const on: DirectStorage = {host, storage: config.storage, target: readIscsiTarget(config), initiator: undefined}
  const content = config['content'] === undefined ? traits.defaultContent : readContentList(config['content'], config.storage)
  return {
    config, traits: {...traits, defaultContent: content},
    parseName: parseLunName,
    activate: async () => { await lunsOfTarget(host, on.target) },
    usage: () => usage(on),
    // LUNs have no owner, so they are no guest's.
    list: async (wanted, vmid) => wanted.includes('images') && vmid === undefined ? listVolumes(on) : [],
    volume: (id) => existingVolume(on, id),
    exists: (id) => exists(on, id),
    ...refusedChanges(on.storage, (id) => numberOf(on, id)),
    locate: async (id) => {
      numberOf(on, id)
      on.initiator ??= await readIscsiInitiator(host)
    },
    path: (id) => lunUrl(on.target, numberOf(on, id)),
    blockSource: (id) => ({protocol: {driver: 'iscsi', transport: 'tcp', ...on.target, lun: numberOf(on, id)}, format: 'raw'}),
    imageName: (id, snapshot) => {
      if (snapshot !== undefined) throw new UnsupportedError('LUNs of an iSCSI target have no snapshots here; the server may make some')
      return lunImageName(on.target, numberOf(on, id), on.initiator)
    },
    leftovers: async () => [],
    attach: async (id) => {
      await existingVolume(on, id)
      on.initiator ??= await readIscsiInitiator(host)
      return lunUrl(on.target, numberOf(on, id))
    },
    detach: async () => undefined,
  }
}

function numberOf({storage}: DirectStorage, id: VolumeId): number {
  if (id.storage !== storage) throw new InvalidInputError(`the volume ${formatVolumeId(id)} is not on storage '${storage}'`)
  return lunOf(parseLunName(id.name).base) ?? 0
}

/** Nothing is free on it: all that there is are the LUNs. */
async function usage(on: DirectStorage): Promise<Usage> {
  try {
    const totalBytes = (await listVolumes(on)).reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)
    return {totalBytes, usedBytes: totalBytes, availableBytes: 0, isActive: true}
  } catch (error) {
    if (error instanceof UnavailableError) return {totalBytes: 0, usedBytes: 0, availableBytes: 0, isActive: false, reason: error.message}
    throw error
  }
}

async function listVolumes(on: DirectStorage): Promise<Volume[]> {
  const luns = await lunsOfTarget(on.host, on.target)
  const sizes = await lunSizes(on.host, on.target, luns)
  return luns.flatMap((lun) => {
    // One may have gone while the others were asked for.
    const sizeBytes = sizes.get(lun)
    return sizeBytes === undefined ? [] : [described(on, lun, sizeBytes)]
  })
}

function described({storage}: DirectStorage, lun: number, sizeBytes: number): Volume {
  const name = `lun${lun}`
  return {...parseLunName(name), id: {storage, name}, sizeBytes}
}

async function existingVolume(on: DirectStorage, id: VolumeId): Promise<Volume> {
  const lun = numberOf(on, id)
  try {
    return described(on, lun, await lunSizeBytes(on.host, on.target, lun))
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {cause: error, nextSteps: [`See what is there: pvesm list ${on.storage}`]})
  }
}

async function exists(on: DirectStorage, id: VolumeId): Promise<boolean> {
  try {
    await existingVolume(on, id)
    return true
  } catch (error) {
    if (error instanceof AppError && error.kind === 'not-found') return false
    throw error
  }
}
