// Imports an image as an unused disk, or as the disk that is named.
import {ConflictError, InvalidInputError} from '../../../base/index.ts'
import type {ParamsOf} from '../../../spec/index.ts'
import {copyVolumeSteps, storageLock} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import {guestOfImport, importBandwidth, importSource, readImportWish} from '../drives/import-source.ts'
import {isUnusedKey} from '../drives/drive-text.ts'
import {assertUnlocked, guestLockName, readGuest} from '../guest-files.ts'
import {addUnused, readKey, referencedVolumes, writeKey} from '../pending.ts'
import {planConfigChange} from '../plan-config-change.ts'
import {handler as set} from './set.handler.ts'
import {spec} from './disk-import.spec.ts'

type ImportParams = ParamsOf<typeof spec>

export const handler = handleChange(spec, {
  locks: ({vmid, source, storage}) => {
    const wish = readImportWish('source', `${storage}:0,import-from=${checkedSource(source)}`)
    const owner = wish === undefined ? undefined : guestOfImport(wish)
    return [...new Set([guestLockName(vmid), storageLock(storage), ...(owner === undefined ? [] : [guestLockName(owner)])])]
  },
  lockTimeoutMs: 60_000,
  plan: (params, context) => {
    const target = params['target-disk']
    return target === undefined || isUnusedKey(target) ? planUnused(params, context) : planDrive(params, target, context)
  },
})

/** @throws InvalidInputError for a path that says nothing without a folder, or that no drive option can hold */
function checkedSource(source: string): string {
  if (source.includes(',')) throw new InvalidInputError(`the source '${source.slice(0, 80)}' has a comma in its name`, {source: 'must have no comma'}, {nextSteps: ['Give the file another name, or a link without a comma.']})
  if (source.startsWith('/') || /^[^:/\s]+:\S/.test(source)) return source
  throw new InvalidInputError(`'${source.slice(0, 80)}' is neither a volume (STORAGE:NAME) nor a whole path`, {source: 'must begin with / or name a storage'}, {nextSteps: [`Write the whole path: $PWD/${source.slice(0, 80)}`]})
}

async function planUnused({vmid, source, storage, format, 'target-disk': target}: ImportParams, context: Context): Promise<Plan> {
  const guest = await readGuest(vmid, context)
  assertUnlocked(guest, false, context.caller)
  if (target !== undefined && readKey(guest.config, target) !== undefined) throw taken(vmid, target)
  const image = await importSource('source', checkedSource(source), context)
  const made = await copyVolumeSteps({
    source: image, storage, vmid, bandwidthKib: await importBandwidth(image, storage, context), taken: referencedVolumes(guest.config), purpose: target ?? 'unused', ...(format === undefined ? {} : {format}),
  }, context)
  const config = target === undefined ? addUnused(guest.config, made.volume) : writeKey(guest.config, target, made.volume)
  const key = Object.keys(config.current.values).find((name) => isUnusedKey(name) && config.current.values[name] === made.volume)
  if (key === undefined) throw new ConflictError(`virtual machine ${vmid} has no place left for an unused disk`, {nextSteps: [`Remove one: qm set ${vmid} --delete unused0`]})
  return {...await planConfigChange(guest, {config, freedVolumes: []}, made.steps, context), result: `${key}: successfully imported disk '${made.volume}'`}
}

/** As `qm set` with `import-from` does it; what was there becomes an unused disk. */
async function planDrive({vmid, source, storage, format}: ImportParams, target: string, context: Context): Promise<Plan> {
  const value = `${storage}:0,import-from=${checkedSource(source)}${format === undefined ? '' : `,format=${format}`}`
  if (readKey((await readGuest(vmid, context)).config, target) !== undefined) throw taken(vmid, target)
  const drive: Readonly<Record<`scsi${number}`, string>> = {[target]: value}
  const plan = await set.plan({...drive, vmid}, context)
  return {...plan, result: `${target}: successfully imported disk '${source}'`}
}

function taken(vmid: number, target: string): ConflictError {
  return new ConflictError(`virtual machine ${vmid} has a disk ${target} already`, {nextSteps: [`Name another one with --target-disk, or take it away first: qm disk unlink ${vmid} --idlist ${target}`]})
}
