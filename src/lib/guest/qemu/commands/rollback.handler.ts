// Takes a virtual machine back to a snapshot: stopped if it runs, its disks and configuration as they were, and started again where that is asked for.
import {openVolume, parseVolumeId, storageLock} from '../../../storage/index.ts'
import {describePlan, handleChange} from '../../../tasks/index.ts'
import type {Action, Context, Step} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {planCloudInitWrite} from '../cloud-init/plan-write.ts'
import {guestConfigPath, guestLockName, readGuest} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {locksOfHugePages} from '../huge-pages/index.ts'
import {afterEndSteps} from '../runtime/after-end-steps.ts'
import {hookActions} from '../runtime/hook-steps.ts'
import {planLaunch} from '../runtime/plan-launch.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {isWholeState} from '../runtime/state/carrier.ts'
import {keptState} from '../runtime/state/kept-state.ts'
import {stateRemoval} from '../runtime/state/plan-wake.ts'
import {runtimeStatus, uncleanedRun} from '../runtime/status.ts'
import {limitMs, quitTimeoutSeconds} from '../runtime/timeouts.ts'
import {snapshotDisks} from '../snapshots/disks.ts'
import {checkRollback, configAfter, planRollback} from '../snapshots/plan-rollback.ts'
import {existingSnapshot} from '../snapshots/sections.ts'
import type {KeptState} from '../snapshots/sections.ts'
import {spec} from './rollback.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid, snapname, start}, context) => {
    const guest = await readGuest(vmid, context)
    const hasState = existingSnapshot(guest.config, vmid, snapname).values['vmstate'] !== undefined
    const {vmstate} = guest.config.current.values
    return [guestLockName(vmid), ...(vmstate === undefined ? [] : [storageLock(parseVolumeId(vmstate).storage)]), ...(start === true || hasState ? locksOfHugePages(configAfter(guest, snapname), context.node) : [])]
  },
  lockTimeoutMs: 60_000,
  plan: async ({vmid, snapname, start}, context) => {
    const guest = await readGuest(vmid, context)
    checkRollback(guest, snapname)
    const section = existingSnapshot(guest.config, vmid, snapname)
    const disks = await snapshotDisks(section.values, {what: 'rollback', name: snapname}, context)
    const config = configAfter(guest, snapname)
    const state = await usableState(section.values, context)
    const {vmstate} = guest.config.current.values
    return planRollback({
      guest, path: guestConfigPath(context.node, vmid), name: snapname, disks, config,
      endSteps: await endSteps(guest, context), ...(vmstate === undefined ? {} : {stateRemoval: await stateRemoval(vmid, vmstate, context)}),
      startActions: start === true || state !== undefined ? await startActions(vmid, config, state, context) : [],
    })
  },
})

/** As `qm stop` does it, but that the changes that wait go with the configuration. */
async function endSteps(guest: GuestFile, context: Context): Promise<Step[]> {
  const {vmid, config} = guest
  const run = await uncleanedRun(vmid, context)
  if (run === undefined) return []
  const isRunning = await runtimeStatus(vmid, context) !== undefined
  return [
    ...(isRunning ? hookActions(vmid, config.current.values, 'pre-stop').map((action) => ({do: action})) : []),
    ...(isRunning ? [{do: {kind: 'qemu.stop', vmid, timeoutMs: limitMs(quitTimeoutSeconds)}}] : []),
    {do: {kind: 'file.remove', path: guestPaths(context.places, vmid).reboot}},
    ...afterEndSteps(guest, {keepActive: false, run}),
  ]
}

/** The disks can go back without it. */
async function usableState(values: Readonly<Record<string, string>>, context: Context): Promise<KeptState | undefined> {
  const state = keptState(values)
  if (state === undefined) return undefined
  const {storage, id} = await openVolume(state.volume, context)
  if (await storage.exists(id) && await isWholeState(storage.path(id), context.host)) return state
  context.log.warn(`there is no whole state in ${state.volume}: the machine goes back without its memory`)
  return undefined
}

/** From the state of the snapshot, where it has one: the machine stands still until that is loaded. */
async function startActions(vmid: number, config: GuestConfig, state: KeptState | undefined, context: Context): Promise<Action[]> {
  const launch = await planLaunch({vmid, section: config.current, forcedCpu: undefined, timeoutSeconds: undefined, state}, context)
  // A machine that goes on from its memory has the drive as it was then.
  const cloudInit = state === undefined ? await planCloudInitWrite(vmid, config.current.values, {isRunning: false}, context) : []
  const shown = await describePlan({steps: launch.steps, whenInterrupted: 'undo'}, context)
  return [...cloudInit, {kind: 'qemu.bring-up', vmid, steps: launch.steps, shown}, ...(state === undefined ? [] : [{kind: 'qemu.let-go', vmid}]), ...launch.afterwards]
}
