// corral disk directory destroy: a file system is mounted no more, unless somebody uses it; and what is on its disk goes where that was asked for.
import {ConflictError, NotFoundError, UnavailableError} from '../../../base/index.ts'
import {formatSize} from '../../../spec/size.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {DiskClear} from '../actions/clear.ts'
import {contentLines, signatureWords} from '../contents.ts'
import type {MountedDirectory} from '../directories/mounted-directory.ts'
import {directoryPath, fstabPath} from '../directories/mounted-directory.ts'
import {findDirectory} from '../directories/read-directories.ts'
import type {Examined} from '../examine.ts'
import {deviceLocks, examine} from '../examine.ts'
import {devicePath} from '../facts/machine.ts'
import {findByUuid} from '../find-by-uuid.ts'
import {newTypeSteps} from '../partition-steps.ts'
import {probe} from '../probe.ts'
import {forgetStoragesStep, groundLocks, refuseGuestsOn, storagesOn, warnOfStorages} from '../storage-sections.ts'
import {spec} from './directory-destroy.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({name, 'cleanup-disks': clearsDisks = false}, context) => {
    const directory = await findDirectory(context.host, name)
    const disks = clearsDisks ? await deviceLocks([await deviceOf(directory, context)], context) : []
    return [...disks, 'disk/directories', ...groundLocks(await storagesOn({kind: 'folder', path: directory.path}, context))]
  },
  plan: async ({name, 'cleanup-config': forgetsStorages = false, 'cleanup-disks': clearsDisks = false}, context) => {
    const directory = await findDirectory(context.host, name)
    const {device, unitfile} = directory
    const ground = {kind: 'folder', path: directoryPath(name)} as const
    const storages = await storagesOn(ground, context)
    await refuseGuestsOn(ground, `the directory ${directory.path}`, storages, context)
    if (!forgetsStorages) warnOfStorages(storages, context)
    return {
      steps: [
        {do: {kind: 'disk.unmount-directory', name, device, by: unitfile === fstabPath ? 'fstab' : 'unit', unitfile}},
        ...forgetsStorages ? await forgetStoragesStep(storages, context) : [],
        ...clearsDisks ? await clearSteps(directory, context) : [],
      ],
      whenInterrupted: 'finish', result: null,
    }
  },
})

/** The device that is mounted there now, else that with the UUID. @throws UnavailableError when there is none: its disk may be taken out */
async function deviceOf({device}: MountedDirectory, context: Context): Promise<string> {
  const uuid = /^(?:UUID=|\/dev\/disk\/by-uuid\/)([0-9A-Za-z-]{1,64})$/.exec(device)?.[1]
  try {
    return uuid === undefined ? await context.host.files.realPath(device) : await findByUuid(uuid, context)
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    throw new UnavailableError(`the device ${device} is not there, so it cannot be made blank`, {cause: error, nextSteps: ['Leave out --cleanup-disks.']})
  }
}

async function clearSteps(directory: MountedDirectory, context: Context): Promise<Step[]> {
  const path = await deviceOf(directory, context)
  const [own] = await examine([path], context)
  if (own === undefined) return []
  const elsewhere = own.contents.filter(({isInUse, what}) => isInUse && what !== `mounted at ${directory.path}`)
  if (elsewhere.length > 0) throw new ConflictError(`${path} cannot be made blank, as it is in use: ${contentLines(elsewhere).join('; ')}`, {nextSteps: ['Nothing was changed. Leave out --cleanup-disks.']})
  const signatures = (await probe(context, own.found)).signatures.get(own.found.path) ?? []
  const marks = signatures.flatMap(({type, uuid}) => uuid === undefined ? [] : [{type, uuid}])
  // The only partition of its disk goes with the table.
  const {found} = own
  const isAlone = found.isPartition && found.disk.partitions.length === 1
  const [target] = isAlone ? await examine([devicePath(found.disk.name)], context) : [own]
  if (target === undefined) return []
  const holding = await heldBytes(directory, own, context)
  const loses = [...new Set(signatures.map(({type, label}) => `${path}: ${signatureWords(type)}${label === undefined ? '' : ` '${label}'`}${holding}`))]
  const clear: DiskClear = {kind: 'disk.clear', device: target.identity, partitions: isAlone ? [path] : [], marks, loses}
  const types = isAlone ? [] : (await newTypeSteps(own, 'linux', context)).map((step) => ({do: step.do}))
  return [{do: clear}, ...types]
}

/** How much is in a file system that is mounted, in words. */
async function heldBytes({path}: MountedDirectory, {contents}: Examined, {host}: Pick<Context, 'host'>): Promise<string> {
  if (!contents.some(({what}) => what === `mounted at ${path}`)) return ''
  return ` with ${formatSize((await host.files.space(path)).usedBytes)} in it`
}
