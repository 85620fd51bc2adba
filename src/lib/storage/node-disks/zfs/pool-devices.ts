// The devices on which a ZFS pool lies, and what makes them blank once it is destroyed.
import type {Context, Step} from '../../../tasks/index.ts'
import type {DiskClear} from '../actions/clear.ts'
import {partitionTypes} from '../device-use.ts'
import type {Examined} from '../examine.ts'
import {examine} from '../examine.ts'
import {devicePath} from '../facts/machine.ts'
import {readMachine} from '../facts/read-machine.ts'
import {newTypeSteps} from '../partition-steps.ts'

/** Those that are there, by their paths. */
export async function devicesOfPool(name: string, {host, signal}: Pick<Context, 'host' | 'signal'>): Promise<string[]> {
  const {poolDevices} = await readMachine(host, {smart: 'none', signal})
  return [...new Set(poolDevices.filter(({pool, path}) => pool === name && path.startsWith('/dev/')).map(({path}) => path))]
}

export async function clearPoolSteps(name: string, guid: string, context: Context): Promise<Step[]> {
  const examined = await examine(await devicesOfPool(name, context), context)
  const wholeDisks = [...new Set(examined.filter(isDiskOfZfs).map(({found}) => devicePath(found.disk.name)))]
  const partitions = examined.filter((each) => !isDiskOfZfs(each))
  const clear = ({found, identity}: Examined): Step => {
    const action: DiskClear = {kind: 'disk.clear', device: identity, partitions: found.isPartition ? [] : found.disk.partitions.map((each) => devicePath(each.name)), marks: [{type: 'zfs_member', uuid: guid}]}
    return {do: action}
  }
  const types = await Promise.all(partitions.map(async (each) => (await newTypeSteps(each, 'linux', context)).map((step) => ({do: step.do}))))
  return [...(await examine(wholeDisks, context)).map(clear), ...partitions.flatMap((each, index) => [clear(each), ...types[index] ?? []])]
}

/** ZFS was given the whole disk and has made its two partitions itself: the first for data, the ninth reserved. They go with their table. */
function isDiskOfZfs({found, facts}: Examined): boolean {
  if (!found.isPartition) return false
  const types = found.disk.partitions.map(({name}) => facts.lsblk.get(devicePath(name))?.partitionType ?? '')
  return types.length === 2 && partitionTypes.zfs.includes(types[0] ?? '') && types[1] === partitionTypes.zfsReserved
}
