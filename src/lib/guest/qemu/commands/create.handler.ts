// Creates a virtual machine, or has it made from a backup. The VMID is claimed first, with a configuration that says `lock: create`; then the volumes are made; then the
// whole configuration takes its place. Interrupted or failed, all of it is taken back.
import {InvalidInputError} from '../../../base/index.ts'
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import type {ParamsOf} from '../../../spec/index.ts'
import {openStorage, storageLock} from '../../../storage/index.ts'
import {fileWithPoolMember} from '../../pools.ts'
import {assertMaySet, splitOptions, storedValues, valueSources, warnOfKeysThatWait} from '../config-values.ts'
import {formatQemuConfig} from '../config/index.ts'
import {guestsOfImports, planDrives, storagesOfNewVolumes} from '../drives/plan-drives.ts'
import {claimVmid, guestConfigPath, guestLockName} from '../guest-files.ts'
import {completeConfig, withReservation} from '../new-guest.ts'
import {planRestore, restoreLocks} from '../restore/plan-restore.ts'
import type {RestoreWish} from '../restore/plan-restore.ts'
import {hookScriptPath} from '../../hooks/hook-script.ts'
import {spec} from './create.spec.ts'

type CreateParams = ParamsOf<typeof spec>

export const handler = handleChange(spec, {
  locks: async (params, context) => {
    const restored = restoreWish(params)
    if (restored !== undefined) return restoreLocks(restored, context)
    // Nobody should wait for the lock of a busy guest only to hear that the VMID is taken.
    await claimVmid(params.vmid, 'qemu', context)
    const {drives} = splitOptions(params)
    if (params['import-working-storage'] !== undefined) await openStorage(params['import-working-storage'], context)
    return [...new Set([guestLockName(params.vmid), ...guestsOfImports(drives).map(guestLockName), ...storagesOfNewVolumes(drives).map(storageLock)])]
  },
  // Creates on one storage wait for each other, and each may take a while to make its volumes.
  lockTimeoutMs: 60_000,
  plan: planCreate,
})

/** undefined when the machine is not made from a backup. */
function restoreWish(params: CreateParams): RestoreWish | undefined {
  const {vmid, archive, storage, bwlimit, pool} = params
  if (archive === undefined) return undefined
  const {drives, others} = splitOptions(params)
  return {
    vmid, archive, storage, bandwidthKib: bwlimit, pool, options: {...others, ...drives},
    isForced: params.force === true, isUnique: params.unique === true, isLive: params['live-restore'] === true, starts: params.start === true,
  }
}

async function planCreate(params: CreateParams, context: Context): Promise<Plan> {
  const restored = restoreWish(params)
  if (restored !== undefined) return planRestore(restored, context)
  const {vmid, start} = params
  const claim = await claimVmid(vmid, 'qemu', context)
  const {drives, others} = splitOptions(params)
  const unused = Object.keys(drives).find(key => key.startsWith('unused'))
  if (unused !== undefined) throw new InvalidInputError(`'${unused}' cannot be given to a new virtual machine, which has no disks yet`, {[unused]: 'is for existing machines'})
  const sources = valueSources(context.store)
  const values = await storedValues(others, sources)
  assertMaySet(values, context.caller)
  if (values['hookscript'] !== undefined) await hookScriptPath(values['hookscript'], context)
  warnOfKeysThatWait(values, context.log)
  const planned = await planDrives({vmid, drives}, context)
  const config = await completeConfig(vmid, {...values, ...planned.values}, sources, context)

  const claims = [claim, ...(params.pool === undefined ? [] : [await fileWithPoolMember(params.pool, vmid, context.store)])]
  const path = guestConfigPath(context.node, vmid)
  const text = formatQemuConfig(config)
  const steps = planned.steps.length === 0
    ? [storeCommitStep([...claims, {path, was: undefined, text}])]
    : withReservation(path, claims, text, planned.steps)
  return {steps: start === true ? [...steps, {do: {kind: 'guest.start-task', vmid}}] : steps, whenInterrupted: 'undo'}
}
