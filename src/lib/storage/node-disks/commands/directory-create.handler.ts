// corral disk directory create: a file system on a blank disk, mounted below /mnt/pve, and a storage in it.
import {randomUUID} from 'node:crypto'
import {ConflictError, InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/size.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {directoryPath, unitFolder, unitNameFor} from '../directories/mounted-directory.ts'
import {readDirectories} from '../directories/read-directories.ts'
import type {Examined} from '../examine.ts'
import {deviceLock, examine, refuseContents} from '../examine.ts'
import {newTypeSteps} from '../partition-steps.ts'
import {newStorageLocks, newStorageStep} from '../storage-sections.ts'
import {spec} from './directory-create.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({name, device, add_storage: addStorage}, context) => [await deviceLock(device, context), directoriesLock, ...addStorage === true ? newStorageLocks(name) : []],
  plan: async ({name, device, filesystem: type = 'ext4', add_storage: addStorage}, context) => {
    const path = directoryPath(name)
    const storage = addStorage === true
      ? [await newStorageStep({type: 'dir', storage: name, path, is_mountpoint: 'yes', content: 'rootdir,images,iso,backup,vztmpl,snippets,import'}, context)] : []
    await refuseTaken(name, context)
    const by = await context.host.files.stat('/run/systemd/system') === undefined ? 'fstab' : 'unit'
    const uuid = randomUUID()
    const unitfile = `${unitFolder}/${unitNameFor(name)}`
    const made = await Promise.all((await examine([device], context)).map((examined) => fileSystemSteps(examined, type, uuid, context)))
    const mount: Step = {
      do: {kind: 'disk.mount-directory', name, uuid, type, by},
      undo: {kind: 'disk.unmount-directory', name, device: `UUID=${uuid}`, by, unitfile},
    }
    return {steps: [...made.flat(), mount, ...storage], whenInterrupted: 'undo', result: null}
  },
})

/** What mkfs.xfs takes at least, with what the table takes. */
const smallestXfsBytes = 320 * 1024 ** 2

/** /etc/fstab is one file for all of them. */
const directoriesLock = 'disk/directories'

/** @throws ConflictError when there is a directory of this name, or something in its place that would be hidden */
async function refuseTaken(name: string, {host}: Pick<Context, 'host'>): Promise<void> {
  const path = directoryPath(name)
  const present = (await readDirectories(host)).find((each) => each.path === path)
  if (present !== undefined) throw new ConflictError(`there is a directory '${name}' already: ${present.unitfile} mounts ${present.device} at ${path}`, {nextSteps: ['See which there are: corral disk directory list']})
  const stat = await host.files.stat(path)
  if (stat === undefined || stat.kind === 'directory' && (await host.files.list(path)).length === 0) return
  throw new ConflictError(`there is something at ${path} already, which would be hidden`, {nextSteps: ['Choose another name, or move what is there.']})
}

/** @throws ConflictError naming what is on the device */
async function fileSystemSteps(examined: Examined, type: 'ext4' | 'xfs', uuid: string, context: Context): Promise<Step[]> {
  refuseContents(examined, 'blank')
  const {found, identity} = examined
  const marks = [{type, uuid}]
  const make = (path: string) => ({kind: 'disk.make-file-system', device: identity, path, type, uuid})
  if (type === 'xfs' && identity.sizeBytes < smallestXfsBytes) throw new InvalidInputError(`${identity.path} is too small for xfs, which wants ${formatSize(smallestXfsBytes)}`, {device: 'is too small'}, {nextSteps: ['Take --filesystem ext4.']})
  await refuseWithoutTool(type, context)
  if (found.isPartition) {
    return [
      ...await newTypeSteps(examined, 'linux', context),
      {do: make(found.path), undo: {kind: 'disk.clear', device: identity, partitions: [], marks}},
    ]
  }
  const [tableGuid, partitionGuid] = [randomUUID(), randomUUID()]
  // The kernel puts a `p` between a name that ends with a digit and the number.
  const partition = `${found.path}${/\d$/.test(found.path) ? 'p' : ''}1`
  return [
    {do: {kind: 'disk.make-partition', device: identity, tableGuid, partitionGuid}, undo: {kind: 'disk.clear', device: identity, partitions: [], marks, tableGuid}},
    {do: make(partition)},
  ]
}

/** Before the disk gets a table: what makes the file system is found missing now rather than after that. */
async function refuseWithoutTool(type: 'ext4' | 'xfs', {host}: Pick<Context, 'host'>): Promise<void> {
  try {
    await host.run([`mkfs.${type}`, '-V'])
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    throw new ConflictError(`mkfs.${type} is not installed`, {cause: error, nextSteps: [`apt-get install ${type === 'xfs' ? 'xfsprogs' : 'e2fsprogs'}`]})
  }
}
