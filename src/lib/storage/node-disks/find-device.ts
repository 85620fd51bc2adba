// Finds a device that was named by a path among those that the kernel has.
import {NotFoundError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import type {BlockDevice, MachineFacts} from './facts/machine.ts'
import {devicePath} from './facts/machine.ts'

export interface FoundDevice {
  /** Without links. */
  readonly path: string
  /** The kernel's name. */
  readonly name: string
  readonly sizeBytes: number
  /** Major and minor number. */
  readonly number?: string
  readonly isPartition: boolean
  /** The device itself, or the one whose partition it is. */
  readonly disk: BlockDevice
}

/**
 * Any block device of the kernel, also such as are not listed as disks: multipath devices, software RAID, loop devices. Links, such as those below
 * /dev/disk/by-id, are followed.
 * @throws NotFoundError
 */
export async function findDevice(host: Host, path: string, {devices}: Pick<MachineFacts, 'devices'>): Promise<FoundDevice> {
  const real = await realPath(host, path)
  for (const disk of devices) {
    const found = [{...disk, isPartition: false}, ...disk.partitions.map((each) => ({...each, isPartition: true}))].find(({name}) => devicePath(name) === real)
    if (found === undefined) continue
    const {name, sizeBytes, number, isPartition} = found
    return {path: real, name, sizeBytes, isPartition, disk, ...(number === undefined ? {} : {number})}
  }
  throw new NotFoundError(`${path} is no disk and no partition of this host`, {nextSteps: ['See which there are: corral disk list --include-partitions']})
}

async function realPath(host: Host, path: string): Promise<string> {
  try {
    return await host.files.realPath(path)
  } catch (error) {
    if (error instanceof NotFoundError) throw new NotFoundError(`there is no device ${path}`, {nextSteps: ['See which there are: corral disk list --include-partitions']})
    throw error
  }
}
