// What a change of volumes runs, for a dry run. Pure.
import type {VolumeChange, VolumeId} from '../storage.ts'
import type {RbdAccess} from './access.ts'
import {baseSnapshot, cloneArgv, createArgv, removeArgv, renameArgv, resizeArgv, snapshotArgv} from './rbd-argv.ts'

export function rbdCommands(access: RbdAccess, nameOf: (id: VolumeId) => string, change: VolumeChange): readonly (readonly string[])[] {
  if ('create' in change) return [createArgv(access, nameOf(change.create.id), change.create.want.sizeBytes)]
  if ('remove' in change) return [removeArgv(access, nameOf(change.remove))]
  if ('resize' in change) return [resizeArgv(access, nameOf(change.resize.id), change.resize.sizeBytes)]
  if ('rename' in change) return [renameArgv(access, nameOf(change.rename.from), nameOf(change.rename.to))]
  if ('snapshot' in change) return [snapshotArgv(access, change.snapshot, nameOf(change.id), change.name)]
  if ('clone' in change) return [cloneArgv(access, nameOf(change.clone.base), nameOf(change.clone.id))]
  const name = nameOf(change.makeBase)
  const base = name.replace(/^vm-/, 'base-')
  return [renameArgv(access, name, base), snapshotArgv(access, 'create', base, baseSnapshot), snapshotArgv(access, 'protect', base, baseSnapshot)]
}
