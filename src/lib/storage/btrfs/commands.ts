// What a change of volumes runs, for a dry run. Pure.
import {createImageArgv, resizeImageArgv} from '../dir/qemu-img.ts'
import type {VolumeChange, VolumeId, VolumeName} from '../storage.ts'
import {createArgv, deleteArgv, inPlaceArgv, setReadOnlyArgv, snapshotArgv} from './btrfs-argv.ts'
import type {BtrfsStorage} from './folder.ts'
import {baseOfSubvolume} from './templates.ts'
import {diskPath, isSubvolumeDisk, subvolumePath} from './layout.ts'

export function btrfsCommands({name: storage, options: {layout, preallocation}, writesInPlace, files}: BtrfsStorage, parsed: (id: VolumeId) => VolumeName, change: VolumeChange): readonly (readonly string[])[] {
  const id = idOf(change)
  const name = parsed(id)
  if (!isSubvolumeDisk(name)) return files.commands(change)
  const path = subvolumePath(layout, name)
  if ('create' in change && name.format === 'subvol') return [createArgv(path)]
  if ('create' in change) return [createArgv(path), ...writesInPlace ? [inPlaceArgv(path)] : [], createImageArgv(diskPath(layout, name), 'raw', change.create.want.sizeBytes, preallocation)]
  if ('remove' in change) return [deleteArgv(path)]
  if ('resize' in change) return [resizeImageArgv(diskPath(layout, name), 'raw', change.resize.sizeBytes, preallocation)]
  if ('rename' in change) return [['mv', '--', path, subvolumePath(layout, parsed(change.rename.to))]]
  if ('clone' in change) return [snapshotArgv(path, subvolumePath(layout, parsed(change.clone.id)), {readOnly: false})]
  if ('makeBase' in change) {
    const base = subvolumePath(layout, parsed(baseOfSubvolume(storage, id, name)))
    return [['mv', '--', path, base], setReadOnlyArgv(base, true)]
  }
  const snapshot = subvolumePath(layout, name, change.name)
  switch (change.snapshot) {
    case 'create': return [snapshotArgv(path, snapshot, {readOnly: true})]
    case 'remove': return [deleteArgv(snapshot)]
    case 'rollback': return [snapshotArgv(snapshot, `${path}.rollback`, {readOnly: false}), deleteArgv(path), ['mv', '--', `${path}.rollback`, path]]
  }
}

function idOf(change: VolumeChange): VolumeId {
  if ('create' in change) return change.create.id
  if ('remove' in change) return change.remove
  if ('resize' in change) return change.resize.id
  if ('rename' in change) return change.rename.from
  if ('clone' in change) return change.clone.base
  return 'makeBase' in change ? change.makeBase : change.id
}
