// Changes the configuration of a virtual machine, with the volumes that come and go with it.
import {InvalidInputError} from '../../../base/index.ts'
import {findParam, splitList} from '../../../spec/index.ts'
import type {ParamsOf} from '../../../spec/index.ts'
import {parseVolumeId, storageLock} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {changeConfig} from '../change-config.ts'
import type {ChangedConfig, ConfigChange} from '../change-config.ts'
import {assertMaySet, splitOptions, storedValues, valueSources, warnOfKeysThatWait} from '../config-values.ts'
import {cloudInitDriveOf, hasRecordedChanges, withRecordedChanges} from '../cloud-init/index.ts'
import {internalKeys, qemuConfigParams, readHotplug} from '../config/index.ts'
import {parseDriveText, volumeOf} from '../drives/drive-text.ts'
import {guestsOfImports, planDrives, storagesOfNewVolumes} from '../drives/plan-drives.ts'
import {ownedBy} from '../../volume-owner.ts'
import {assertDigest, assertUnlocked, guestLockName, readGuest} from '../guest-files.ts'
import {referencedVolumes} from '../pending.ts'
import {locksOfCloudInitDrives, planConfigChange} from '../plan-config-change.ts'
import type {WantedConfig} from '../plan-config-change.ts'
import {runtimeStatus} from '../runtime/status.ts'
import {describeChange} from '../change-words.ts'
import {hookScriptPath} from '../../hooks/hook-script.ts'
import {spec} from './set.spec.ts'

type SetParams = ParamsOf<typeof spec>

export const handler = handleChange(spec, {
  locks: async (params, context) => {
    const {vmid, delete: deleted} = params
    const {drives} = splitOptions(params)
    const storages = new Set(storagesOfNewVolumes(drives))
    // What a deletion removes is known for certain only under the lock; all storages that the guest is on are more than enough.
    if (deleted !== undefined) for (const volume of referencedVolumes((await readGuest(vmid, context)).config)) storages.add(parseVolumeId(volume).storage)
    const changesDrives = Object.keys(drives).length > 0 || params.revert !== undefined
    const dropped = changesDrives ? locksOfCloudInitDrives((await readGuest(vmid, context)).config) : []
    return [...new Set([vmid, ...guestsOfImports(drives)].map(guestLockName)), ...new Set([...[...storages].map(storageLock), ...dropped])]
  },
  lockTimeoutMs: 60_000,
  plan: planSet,
})

async function planSet(params: SetParams, context: Context): Promise<Plan> {
  const {vmid, delete: deleted, revert, force, digest, skiplock} = params
  const guest = await readGuest(vmid, context)
  assertDigest(guest, digest)
  assertUnlocked(guest, skiplock, context.caller)

  const {drives, others} = splitOptions(params)
  if (Object.keys({...drives, ...others}).length === 0 && deleted === undefined && revert === undefined) {
    throw new InvalidInputError('no options were given, so there is nothing to change', {}, {
      nextSteps: [`For example: qm set ${vmid} --memory 2048`, 'All options: qm set --help'],
    })
  }
  const values = await storedValues(others, valueSources(context.store))
  warnOfKeysThatWait(values, context.log)
  const planned = await planDrives({vmid, drives, config: guest.config}, context)
  const change = {
    values: {...values, ...planned.values}, delete: keyList(deleted), revert: keyList(revert), force: force === true,
  }
  assertMaySet({...change.values, ...Object.fromEntries([...change.delete, ...change.revert].map(key => [key, '']))}, context.caller)
  if (values['hookscript'] !== undefined) await hookScriptPath(values['hookscript'], context)
  const isRunning = await runtimeStatus(vmid, context) !== undefined
  const changed = changeConfig(guest.config, change, {vmid, isRunning, ownsVolume: ownedBy(vmid), isKnownKey})
  for (const warning of changed.warnings) context.log.warn(warning)

  const hotplugged = isRunning ? await withHotplug(vmid, changed, keysToTry(change, guest.config, changed.config), context) : changed
  const wanted = isRunning ? await withCloudInit(vmid, guest.config, hotplugged, context) : hotplugged
  return {
    ...await planConfigChange(guest, wanted, planned.steps, context),
    result: describeChange(vmid, params),
  }
}

/** What was asked for now is tried now, with the boot order that follows from it; once `hotplug` allows more, everything is that waits. */
function keysToTry({values, delete: deleted}: ConfigChange, before: GuestConfig, after: GuestConfig): ReadonlySet<string> | undefined {
  const follows = before.pending['boot'] === after.pending['boot'] ? [] : ['boot']
  return 'hotplug' in values ? undefined : new Set([...Object.keys(values), ...deleted, ...follows])
}

/** Of what waits, the running machine takes what it can; the rest is told, since nobody would see it otherwise. */
async function withHotplug(vmid: number, changed: ChangedConfig, keys: ReadonlySet<string> | undefined, context: Context): Promise<WantedConfig> {
  const {pending, pendingDelete} = changed.config
  if (Object.keys(pending).length + Object.keys(pendingDelete).length === 0) return changed
  const {planHotplug} = await import('../hotplug/plan-hotplug.ts')
  const {actions, waiting} = await planHotplug(vmid, changed.config, keys, context)
  for (const {key, why} of waiting) (context.log.notice ?? context.log.warn).call(context.log, `'${key}' waits for the next start of virtual machine ${vmid}: ${why}`)
  if (actions.length === 0) return changed
  // A volume that is given up for good goes once its drive has; where the guest keeps the drive, the configuration names the volume and it stays.
  const given = actions.flatMap(({key, value}) => ((value === null && pendingDelete[key]?.force === true) || isCloudInitAt(key, changed.config) ? ownVolume(vmid, changed.config, key) : []))
  return {...changed, freedVolumes: [...changed.freedVolumes, ...given], whileRunning: actions}
}

/** Its volume is never kept as an unused disk. */
function isCloudInitAt(key: string, {current: {values}}: GuestConfig): boolean {
  return cloudInitDriveOf(values)?.key === key
}

function ownVolume(vmid: number, config: GuestConfig, key: string): string[] {
  const volume = volumeOf(parseDriveText(config.current.values[key] ?? 'none'))
  return volume !== undefined && ownedBy(vmid)(volume) ? [volume] : []
}

/**
 * Brings the drive for cloud-init of a running guest up to date, where `hotplug` allows it, and writes a new one before it is plugged in. It
 * would be written at the next start otherwise.
 */
async function withCloudInit(vmid: number, before: GuestConfig, wanted: WantedConfig, context: Context): Promise<WantedConfig> {
  const {current: {values}, pending} = wanted.config
  const plugged = wanted.whileRunning ?? []
  const [drive, coming] = [cloudInitDriveOf(values), cloudInitDriveOf(pending)]
  const isNew = coming !== undefined && coming.volume !== drive?.volume && plugged.some(({key}) => key === coming.key)
  const isStale = drive !== undefined && coming === undefined && !plugged.some(({key}) => key === drive.key)
    && readHotplug(values['hotplug']).has('cloudinit') && hasRecordedChanges(withRecordedChanges(before, wanted.config))
  if (!isNew && !isStale) return wanted
  const {planCloudInitWrite} = await import('../cloud-init/plan-write.ts')
  return {...wanted, whileRunning: [...await planCloudInitWrite(vmid, {...values, ...pending}, {isRunning: isStale, isNew}, context), ...plugged]}
}

function keyList(text: string | undefined): string[] {
  return splitList(text ?? '').map(key => (key === 'cdrom' ? 'ide2' : key))
}

function isKnownKey(key: string): boolean {
  return findParam(qemuConfigParams, key) !== undefined && !internalKeys.includes(key)
}
