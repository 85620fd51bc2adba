// corral disk lvm list: the volume groups of a host as a tree.
import {formatSize} from '../../../spec/size.ts'
import {handleRead} from '../../../tasks/index.ts'
import {readGroups} from '../lvm/groups.ts'
import {alignedLines} from './aligned-lines.ts'
import {spec} from './lvm-list.spec.ts'

interface Device { readonly name: string; readonly size: number; readonly free: number; readonly leaf: boolean }
interface Tree { readonly leaf: boolean; readonly children: readonly (Device & {readonly children: readonly Device[]})[] }

export const handler = handleRead(spec, async (_params, context): Promise<Tree> => ({
  leaf: false,
  children: (await readGroups(context)).map(({name, sizeBytes, freeBytes, physicalVolumes}) => ({
    name, size: sizeBytes, free: freeBytes, leaf: false,
    children: physicalVolumes.map((volume) => ({name: volume.path, size: volume.sizeBytes, free: volume.freeBytes, leaf: true})),
  })),
}), groupLines)

export function groupLines({children}: Tree): string[] {
  const row = ({name, size, free}: Device, indent: string) => [`${indent}${name}`, formatSize(size), formatSize(free)]
  return alignedLines([['NAME', 'SIZE', 'FREE'], ...children.flatMap((group) => [row(group, ''), ...group.children.map((device) => row(device, '  '))])], [1, 2])
}
