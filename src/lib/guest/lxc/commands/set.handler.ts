// Changes the configuration of a container, with the volumes that come and go with it.
import {InvalidInputError} from '../../../base/index.ts'
import {splitList} from '../../../spec/index.ts'
import type {ParamsOf} from '../../../spec/index.ts'
import {parseVolumeId, storageLock} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {hookScriptPath} from '../../hooks/hook-script.ts'
import {ownedBy} from '../../volume-owner.ts'
import {changeConfig} from '../change-config.ts'
import {idMapOf, referencedVolumes} from '../config/index.ts'
import {assertDigest, assertUnlocked, readContainer} from '../kind.ts'
import {planConfigChange} from '../plan-change.ts'
import {planLiveChanges} from '../runtime/live-changes.ts'
import {monitorOf} from '../runtime/status.ts'
import {assertMaySet, splitOptions, storedValues, warnOfKeysThatWait} from '../values.ts'
import {planVolumes, storagesOfNewVolumes} from '../volumes.ts'
import {spec} from './set.spec.ts'

type SetParams = ParamsOf<typeof spec>

export const handler = handleChange(spec, {
  locks: async (params, context) => {
    const storages = new Set(storagesOfNewVolumes(splitOptions(params).volumes))
    // What a deletion removes is known for certain only under the lock; all storages that the container is on are more than enough.
    if (params.delete !== undefined) for (const volume of referencedVolumes((await readContainer(params.vmid, context)).config)) storages.add(parseVolumeId(volume).storage)
    return [guestLockName(params.vmid), ...[...storages].map(storageLock)]
  },
  lockTimeoutMs: 60_000,
  plan: planSet,
})

async function planSet(params: SetParams, context: Context): Promise<Plan> {
  const {vmid, delete: deleted, revert, digest} = params
  const guest = await readContainer(vmid, context)
  assertDigest(guest, digest)
  assertUnlocked(guest, false, context.caller)
  const {volumes, others} = splitOptions(params)
  if (Object.keys({...volumes, ...others}).length === 0 && deleted === undefined && revert === undefined) {
    throw new InvalidInputError('no options were given, so there is nothing to change', {}, {nextSteps: [`For example: pct set ${vmid} --memory 2048`, 'All options: pct set --help']})
  }
  const {values: before} = guest.config.current
  const values = await storedValues(others, before, context.store)
  const map = idMapOf(guest.config.current)
  const planned = await planVolumes({vmid, map, wanted: volumes, config: guest.config}, context)
  const change = {values: {...values, ...planned.values}, delete: splitList(deleted ?? ''), revert: splitList(revert ?? '')}
  assertMaySet({...change.values, ...Object.fromEntries([...change.delete, ...change.revert].map((key) => [key, '']))}, context.caller)
  if (values['hookscript'] !== undefined) await hookScriptPath(values['hookscript'], context)
  const isRunning = await monitorOf(vmid, context) !== undefined
  const changed = changeConfig(guest.config, change, {vmid, isRunning, ownsVolume: ownedBy(vmid)})
  for (const warning of changed.warnings) context.log.warn(warning)
  const waiting = [...Object.keys(values), ...Object.keys(planned.values), ...change.delete].filter((key) => key in changed.config.pending || key in changed.config.pendingDelete)
  for (const key of waiting) (context.log.notice ?? context.log.warn).call(context.log, `'${key}' waits for the next start of container ${vmid}`)
  const live = isRunning ? await planLiveChanges(vmid, before, changed.config.current.values, context) : {steps: [], afterwards: []}
  // What is carried out at once was refused by now.
  warnOfKeysThatWait(values, map.length > 0, context.log)
  const plan = await planConfigChange(guest, changed, [...planned.steps, ...live.steps], context)
  return {...plan, ...(live.afterwards.length === 0 ? {} : {afterwards: [...plan.afterwards ?? [], ...live.afterwards]})}
}
