// The disks of guests in a ZFS dataset, here or on another host: what zfs tells, as volumes by their names. For `zfspool` and ZFS over iSCSI.
import {NotFoundError, UnavailableError} from '../../base/index.ts'
import {nextFlatName, parseFlatNameOrNothing} from '../flat-naming.ts'
import type {FlatNaming} from '../flat-naming.ts'
import type {Format, Usage, Volume, VolumeId} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {datasetMissing, findVolume, lookUp, zfsVolumes} from './dataset.ts'
import type {DatasetOnHost} from './dataset.ts'
import {parseSpace} from './report.ts'
import type {ZfsVolume} from './report.ts'
import {baseSnapshot, spaceArgv} from './zfs-argv.ts'

/** The space of the dataset; a dataset that is not there or not reached is inactive, with the reason. */
export async function datasetUsage(on: DatasetOnHost): Promise<Usage> {
  try {
    const argv = spaceArgv(on.options)
    const {availableBytes, usedBytes} = parseSpace(await lookUp(on, argv), {host: on.host.name, argv})
    return {availableBytes, usedBytes, totalBytes: availableBytes + usedBytes, isActive: true}
  } catch (error) {
    const missing = error instanceof NotFoundError ? datasetMissing(on, error) : error
    if (missing instanceof UnavailableError) return {totalBytes: 0, usedBytes: 0, availableBytes: 0, isActive: false, reason: missing.message}
    throw error
  }
}

/** Datasets that are no disks of guests are not ours to show. A clone's id holds its base. */
function described(storage: string, naming: FlatNaming, {name, format, sizeBytes, usedBytes, origin, createdAtMs}: ZfsVolume): Volume[] {
  const [base, snapshot] = origin?.split('@') ?? []
  const parsed = (snapshot === baseSnapshot ? parseFlatNameOrNothing(`${base}/${name}`, naming) : undefined) ?? parseFlatNameOrNothing(name, naming)
  if (parsed?.format !== format) return []
  return [{...parsed, id: {storage, name: parsed.parent === undefined ? name : `${parsed.parent}/${name}`}, sizeBytes, usedBytes, createdAtMs}]
}

/** All of them, or those of one guest, by one call of zfs. */
export async function datasetVolumes(on: DatasetOnHost, naming: FlatNaming, vmid: number | undefined): Promise<Volume[]> {
  const volumes = (await zfsVolumes(on)).flatMap((volume) => described(on.storage, naming, volume))
  return volumes.filter((volume) => vmid === undefined || volume.vmid === vmid)
}

/** @param name what ZFS calls the volume with that id @throws NotFoundError */
export async function datasetVolume(on: DatasetOnHost, naming: FlatNaming, name: string, id: VolumeId): Promise<Volume> {
  const volume = await findVolume(on, name)
  const [found] = volume === undefined ? [] : described(on.storage, naming, volume)
  if (found !== undefined) return found
  throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {nextSteps: [`See what is there: pvesm list ${on.storage}`]})
}

/** @param taken names that are spoken for beside those that exist */
export async function nextDatasetName(on: DatasetOnHost, vmid: number, format: Format, taken: readonly string[]): Promise<VolumeId> {
  const present = (await zfsVolumes(on)).map(({name}) => name)
  return {storage: on.storage, name: nextFlatName(vmid, format === 'subvol' ? 'subvol' : 'raw', [...present, ...taken], on.storage)}
}
