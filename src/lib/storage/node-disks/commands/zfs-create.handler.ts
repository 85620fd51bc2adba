// corral disk zfs create: a pool on blank disks, and a storage on it.
import {randomBytes} from 'node:crypto'
import {ConflictError, InvalidInputError} from '../../../base/index.ts'
import {parsePropertyString} from '../../../spec/index.ts'
import {formatSize} from '../../../spec/size.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {splitWords} from '../../option-values.ts'
import type {Examined} from '../examine.ts'
import {deviceLocks, examine, refuseContents} from '../examine.ts'
import {newTypeSteps} from '../partition-steps.ts'
import {newStorageLocks, newStorageStep} from '../storage-sections.ts'
import {readPools} from '../zfs/pools.ts'
import type {Draid} from '../zfs/raid-level.ts'
import {checkPoolName, draidFormat, vdevWords} from '../zfs/raid-level.ts'
import {isDevicePath} from './params.ts'
import {spec} from './zfs-create.spec.ts'

/** As much as ZFS itself overlooks between the devices of a group (zpool create -f). */
const overlookedBytes = 16 * 1024 ** 2

export const handler = handleChange(spec, {
  locks: async ({name, devices, add_storage: addStorage}, context) => [...await deviceLocks(readPaths(devices), context), ...addStorage === true ? newStorageLocks(name) : []],
  plan: async ({name, devices, raidlevel, 'draid-config': draid, ashift = 12, compression = 'on', add_storage: addStorage}, context) => {
    checkPoolName(name)
    const paths = readPaths(devices)
    const words = vdevWords(raidlevel, paths, draid === undefined ? undefined : readDraid(draid))
    const storage = addStorage === true ? [await newStorageStep({type: 'zfspool', storage: name, pool: name, content: 'rootdir,images'}, context)] : []
    if ((await readPools(context)).some((pool) => pool.name === name)) throw new ConflictError(`there is a ZFS pool '${name}' already`, {nextSteps: ['See which there are: corral disk zfs list']})
    await refuseMountPoint(`/${name}`, context)
    const examined = await examine(paths, context)
    for (const each of examined) refuseContents(each, 'blank')
    refuseTwice(examined)
    if (words.length > paths.length) warnOfSizes(examined, context)
    const comment = `corral-${randomBytes(8).toString('hex')}`
    // -f: ZFS would refuse devices of different sizes, and such as it has seen before. What is on them was looked at above, and is again.
    const argv = ['zpool', 'create', '-f', '-o', `ashift=${ashift}`, '-o', `comment=${comment}`, '-O', `compression=${compression}`, '--', name, ...words]
    const identities = examined.map(({identity}) => identity)
    const types = (await Promise.all(examined.map((each) => newTypeSteps(each, 'zfs', context)))).flat()
    const make: Step = {do: {kind: 'disk.command', argv, devices: identities, needs: 'blank'}, undo: {kind: 'disk.undo-pool', pool: name, comment, devices: identities}}
    return {steps: [...types, make, ...storage], whenInterrupted: 'undo', result: null}
  },
})

/** @throws InvalidInputError naming the word that is no path of a device */
function readPaths(devices: string): string[] {
  const paths = splitWords(devices)
  const wrong = paths.find((path) => !isDevicePath(path))
  if (wrong !== undefined) throw new InvalidInputError(`'${wrong.slice(0, 80)}' is no path of a device`, {devices: 'must be a list of paths such as /dev/sdb'})
  if (paths.length === 0) throw new InvalidInputError('a pool needs devices', {devices: 'is empty'})
  return paths
}

function readDraid(text: string): Draid {
  const {data, spares} = parsePropertyString(text, draidFormat)
  return {data: Number(data), spares: Number(spares)}
}

/** ZFS finds that out only once it has written to the disks. */
async function refuseMountPoint(path: string, {host}: Pick<Context, 'host'>): Promise<void> {
  const stat = await host.files.stat(path)
  if (stat === undefined || stat.kind === 'directory' && (await host.files.list(path)).length === 0) return
  throw new ConflictError(`the pool would be mounted at ${path}, where there is something already`, {nextSteps: ['Choose another name for the pool, or move what is there.']})
}

/** @throws InvalidInputError when one device was given twice, by two of its names or as a disk and a partition of it */
function refuseTwice(examined: readonly Examined[]): void {
  for (const [index, {found}] of examined.entries()) {
    const other = examined.slice(0, index).find((each) => each.found.path === found.path || each.found.disk.name === found.disk.name && (!each.found.isPartition || !found.isPartition))
    if (other !== undefined) throw new InvalidInputError(`${found.path} is given twice`, {devices: 'name a device twice'})
  }
}

function warnOfSizes(examined: readonly Examined[], {log}: Pick<Context, 'log'>): void {
  const sizes = examined.map(({identity}) => identity.sizeBytes)
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)]
  if (largest - smallest > overlookedBytes) log.warn(`the devices differ in size (${formatSize(smallest)} to ${formatSize(largest)}): of those in a group only as much is used as the smallest has`)
}
