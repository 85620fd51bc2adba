// Changes the configuration of a virtual machine, with the volumes that come and go with it.
import {InvalidInputError} from '../../../base/index.ts'
import {findParam, splitList} from '../../../spec/index.ts'
import type {ParamsOf} from '../../../spec/index.ts'
import {parseVolumeId, storageLock} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import {changeConfig} from '../change-config.ts'
import {assertMaySet, splitOptions, storedValues, valueSources, warnOfKeysThatWait} from '../config-values.ts'
import {internalKeys, qemuConfigParams} from '../config/index.ts'
import {planDrives, storagesOfNewVolumes} from '../drives/plan-drives.ts'
import {ownedBy} from '../drives/volume-owner.ts'
import {assertDigest, assertUnlocked, guestLockName, readGuest} from '../guest-files.ts'
import {referencedVolumes} from '../pending.ts'
import {planConfigChange} from '../plan-config-change.ts'
import {runtimeStatus} from '../runtime/status.ts'
import {describeChange} from '../change-words.ts'
import {hookScriptPath} from '../runtime/hook-script.ts'
import {spec} from './set.spec.ts'

type SetParams = ParamsOf<typeof spec>

export const handler = handleChange(spec, {
  locks: async (params, context) => {
    const {vmid, delete: deleted} = params
    const storages = new Set(storagesOfNewVolumes(splitOptions(params).drives))
    // What a deletion removes is known for certain only under the lock; all storages that the guest is on are more than enough.
    if (deleted !== undefined) for (const volume of referencedVolumes((await readGuest(vmid, context)).config)) storages.add(parseVolumeId(volume).storage)
    return [guestLockName(vmid), ...[...storages].map(storageLock)]
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

  return {
    ...await planConfigChange(guest, changed, planned.steps, context),
    result: describeChange(vmid, params),
  }
}

function keyList(text: string | undefined): string[] {
  return splitList(text ?? '').map(key => (key === 'cdrom' ? 'ide2' : key))
}

function isKnownKey(key: string): boolean {
  return findParam(qemuConfigParams, key) !== undefined && !internalKeys.includes(key)
}
