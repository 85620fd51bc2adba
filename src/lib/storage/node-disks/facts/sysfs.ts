// Reads the block devices of a host from /sys/block: sizes, makers, partitions, and what stands on them.
import type {Host} from '../../../host/index.ts'
import {NotFoundError, UnavailableError} from '../../../base/index.ts'
import type {BlockDevice, PartitionDevice} from './machine.ts'

const sysBlock = '/sys/block'
/** More than any file of one value has. */
const maxValueBytes = 4096

/** All of them, also those that are no disks (loop devices, device mapper): whoever lists disks leaves these out. */
export async function blockDevices(host: Host): Promise<BlockDevice[]> {
  const names = await host.files.list(sysBlock)
  return (await Promise.all(names.map(async (name) => blockDevice(host, name)))).filter((device) => device !== undefined)
}

async function blockDevice(host: Host, name: string): Promise<BlockDevice | undefined> {
  const folder = `${sysBlock}/${name}`
  const size = await sizeBytes(host, folder)
  if (size === undefined) return undefined
  const [number, rotational, vendor, model, entries, holders] = await Promise.all([
    value(host, `${folder}/dev`), value(host, `${folder}/queue/rotational`), value(host, `${folder}/device/vendor`), value(host, `${folder}/device/model`),
    host.files.list(folder), host.files.list(`${folder}/holders`),
  ])
  // A partition is named after its disk, with a `p` between where the disk's name ends with a digit.
  const partitionNames = entries.filter((entry) => entry.startsWith(name) && /^p?\d{1,4}$/.test(entry.slice(name.length)))
  return {
    name, sizeBytes: size, isIscsi: await isIscsi(host, folder), holders,
    ...(number === undefined ? {} : {number}), ...(rotational === undefined ? {} : {isRotational: rotational !== '0'}),
    ...(vendor === undefined ? {} : {vendor}), ...(model === undefined ? {} : {model}),
    partitions: (await Promise.all(partitionNames.map(async (entry) => partition(host, folder, entry)))).filter((each) => each !== undefined)
      .toSorted((a, b) => a.name.localeCompare(b.name, 'en', {numeric: true})),
  }
}

async function partition(host: Host, folder: string, name: string): Promise<PartitionDevice | undefined> {
  const size = await sizeBytes(host, `${folder}/${name}`)
  if (size === undefined) return undefined
  const number = await value(host, `${folder}/${name}/dev`)
  return {name, sizeBytes: size, holders: await host.files.list(`${folder}/${name}/holders`), ...(number === undefined ? {} : {number})}
}

/** The kernel counts in sectors of 512 bytes here, whatever those of the disk are. */
async function sizeBytes(host: Host, folder: string): Promise<number | undefined> {
  const text = await value(host, `${folder}/size`) ?? ''
  return /^\d{1,13}$/.test(text) ? Number(text) * 512 : undefined
}

async function value(host: Host, path: string): Promise<string | undefined> {
  try {
    return (await host.files.readText(path, maxValueBytes)).split('\n')[0]?.trim() || undefined
  } catch (error) {
    // A device that was just taken out, or one that has no such value.
    if (error instanceof NotFoundError || error instanceof UnavailableError) return undefined
    throw error
  }
}

/** The kernel's path of such a disk goes through the session with its target. */
async function isIscsi(host: Host, folder: string): Promise<boolean> {
  try {
    return /\/session\d+\//.test(await host.files.realPath(folder))
  } catch (error) {
    if (error instanceof NotFoundError) return false
    throw error
  }
}
