// The look at a volume group before it is destroyed: what is in it, who uses it, and what makes its devices blank afterwards.
import {ConflictError, NotFoundError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/size.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import type {DiskClear} from '../actions/clear.ts'
import {examine} from '../examine.ts'
import {devicePath} from '../facts/machine.ts'
import {newTypeSteps} from '../partition-steps.ts'
import type {GroupVolume, VolumeGroup} from './groups.ts'
import {readGroups} from './groups.ts'

/** @throws NotFoundError; ConflictError when there are several groups of this name */
export async function findGroup(name: string, context: Pick<Context, 'host' | 'signal'>): Promise<VolumeGroup> {
  const found = (await readGroups(context)).filter((group) => group.name === name)
  const [group] = found
  if (group === undefined) throw new NotFoundError(`the host has no volume group '${name}'`, {nextSteps: ['See which there are: corral disk lvm list']})
  if (found.length > 1) throw new ConflictError(`there are ${found.length} volume groups by the name '${name}'`, {nextSteps: ['Give one of them another name: vgrename UUID NAME']})
  return group
}

/** The devices of a group that are there. */
export function devicesOf({physicalVolumes}: VolumeGroup): string[] {
  return physicalVolumes.map(({path}) => path).filter((path) => path.startsWith('/dev/'))
}

/** @throws ConflictError naming the volumes that somebody has open */
export function refuseOpenVolumes(what: string, volumes: readonly GroupVolume[]): void {
  // A pool is held open by its own volumes.
  const open = volumes.filter(({isOpen, isThinPool}) => isOpen && !isThinPool)
  if (open.length === 0) return
  throw new ConflictError(`${what} is in use: ${open.map(({group, name}) => `${group}/${name}`).slice(0, 10).join(', ')} ${open.length === 1 ? 'is' : 'are'} open`, {
    nextSteps: ['Nothing was changed. See who uses them: lsblk; fuser -m /dev/GROUP/VOLUME'],
  })
}

export function volumeLines(volumes: readonly GroupVolume[]): string[] {
  return volumes.map(({group, name, sizeBytes, isThinPool, thinVolumes}) =>
    `the ${isThinPool ? `thin pool ${group}/${name} with ${thinVolumes} ${thinVolumes === 1 ? 'volume' : 'volumes'}` : `logical volume ${group}/${name}`} (${formatSize(sizeBytes)})`)
}

/** The steps that make the devices of a group blank once it is gone. */
export async function clearGroupSteps(group: VolumeGroup, context: Context): Promise<Step[]> {
  const examined = await examine(devicesOf(group), context)
  return (await Promise.all(examined.map(async ({found, identity}, index) => {
    const uuid = group.physicalVolumes.find(({path}) => path === identity.path)?.uuid ?? group.physicalVolumes[index]?.uuid ?? ''
    const clear: DiskClear = {kind: 'disk.clear', device: identity, partitions: found.isPartition ? [] : found.disk.partitions.map(({name}) => devicePath(name)), marks: [{type: 'LVM2_member', uuid}]}
    // Nothing is taken back from here on.
    const types = (await newTypeSteps({found, identity}, 'linux', context)).map((step) => ({do: step.do}))
    return [{do: clear}, ...types]
  }))).flat()
}
