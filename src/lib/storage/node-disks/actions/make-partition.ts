// The actions that give a blank disk one partition over all of it, and a partition a file system. The GUIDs of table and partition, and the UUID of
// the file system, were chosen when it was planned: by them an undo knows what is ours.
import {ConflictError} from '../../../base/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {checkAgain, examine, refuseContents} from '../examine.ts'
import type {DeviceIdentity} from '../identity.ts'
import {devicePath} from '../facts/machine.ts'
import {announceChange, announceLines, runTool} from '../run-tool.ts'

export interface DiskMakePartition extends Action {
  readonly kind: 'disk.make-partition'
  readonly device: DeviceIdentity
  readonly tableGuid: string
  readonly partitionGuid: string
}

export const diskMakePartition = defineAction<DiskMakePartition>({
  kind: 'disk.make-partition',
  conflictMeansUntouched: true,
  describe: (action) => [...partitionCommands(action).map((argv) => commandLine(argv)), ...announceLines],
  run: async (action, context) => {
    await checkAgain(action.device, 'blank', context)
    for (const argv of partitionCommands(action)) await runTool(argv, context)
    await announceChange(context)
  },
})

/** The kernel is told of the partition also where it does not read tables by itself (loop devices). */
function partitionCommands({device: {path}, tableGuid, partitionGuid}: DiskMakePartition): string[][] {
  return [
    ['sgdisk', '--mbrtogpt', '--clear', `--disk-guid=${tableGuid}`, '--new=1:0:0', '--typecode=1:8300', `--partition-guid=1:${partitionGuid}`, path],
    ['partx', '--update', '--', path],
  ]
}

export interface DiskMakeFileSystem extends Action {
  readonly kind: 'disk.make-file-system'
  /** The disk on which the partition was made, or the partition itself. */
  readonly device: DeviceIdentity
  /** The partition. */
  readonly path: string
  readonly type: 'ext4' | 'xfs'
  readonly uuid: string
}

export const diskMakeFileSystem = defineAction<DiskMakeFileSystem>({
  kind: 'disk.make-file-system',
  conflictMeansUntouched: true,
  describe: (action) => [commandLine(fileSystemArgv(action)), ...announceLines],
  run: async (action, context) => {
    await checkPartition(action, context)
    await runTool(fileSystemArgv(action), context)
    await announceChange(context)
  },
})

/** -f: what mkfs.xfs would take for something on the partition was looked for right before, and a rest of what was there once is no reason to refuse. */
function fileSystemArgv({path, type, uuid}: DiskMakeFileSystem): string[] {
  return type === 'xfs' ? ['mkfs.xfs', '-f', '-q', '-m', `uuid=${uuid}`, '--', path] : ['mkfs.ext4', '-q', '-U', uuid, '--', path]
}

async function checkPartition({device, path}: DiskMakeFileSystem, context: Context): Promise<void> {
  if (path === device.path) {
    await checkAgain(device, 'blank', context)
    return
  }
  const [examined] = await examine([path], context)
  if (examined === undefined || devicePath(examined.found.disk.name) !== device.path) throw new ConflictError(`${path} is no partition of ${device.path}`)
  refuseContents(examined, 'blank')
}
