// The removal of a logical volume, overwritten before where the storage is told to (saferemove).
import {activateArgv, devicePath, removeArgv, renameArgv, zeroArgv} from './lvm-argv.ts'
import type {LvmStorage} from './group.ts'
import {logicalVolumes, runLvm} from './group.ts'
import {nameWhileRemoved} from './naming.ts'
import type {OverwriteOptions} from './overwrite.ts'
import {overwriteDevice} from './overwrite.ts'

/** Right as well when it is not there. */
export async function removeVolume(on: LvmStorage, name: string): Promise<void> {
  const {group, options: {overwrite}} = on
  const isThere = (await logicalVolumes(on, name)).length > 0
  if (overwrite === undefined) {
    if (isThere) await runLvm(on, removeArgv(group, name))
    return
  }
  // What an interrupted removal of the same name has left is gone on with first, because its name is needed.
  const aside = nameWhileRemoved(name)
  await overwriteAndRemove(on, aside, overwrite)
  if (!isThere) return
  await runLvm(on, renameArgv(group, name, aside))
  await overwriteAndRemove(on, aside, overwrite)
}

async function overwriteAndRemove(on: LvmStorage, name: string, overwrite: OverwriteOptions): Promise<void> {
  const [found] = await logicalVolumes(on, name)
  if (found === undefined) return
  await runLvm(on, activateArgv(on.group, name))
  await overwriteDevice(on, devicePath(on.group, name), found.sizeBytes, overwrite)
  await runLvm(on, removeArgv(on.group, name))
}

/** Pure: what it comes to, to be shown. */
export function removalArgvs({group, options: {overwrite}}: Pick<LvmStorage, 'group' | 'options'>, name: string): string[][] {
  if (overwrite === undefined) return [removeArgv(group, name)]
  const aside = nameWhileRemoved(name)
  return [renameArgv(group, name, aside), activateArgv(group, aside), zeroArgv(devicePath(group, aside), overwrite.stepBytes), removeArgv(group, aside)]
}
