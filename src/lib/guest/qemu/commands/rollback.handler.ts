// Takes a virtual machine back to a snapshot: stopped if it runs, its disks and configuration as they were, and started again where that is asked for.
import {describePlan, handleChange} from '../../../tasks/index.ts'
import type {Action, Context, Step} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {guestConfigPath, guestLockName, readGuest} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {locksOfHugePages} from '../huge-pages/index.ts'
import {afterEndSteps} from '../runtime/after-end-steps.ts'
import {hookActions} from '../runtime/hook-steps.ts'
import {planLaunch} from '../runtime/plan-launch.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {runtimeStatus, uncleanedRun} from '../runtime/status.ts'
import {limitMs, quitTimeoutSeconds} from '../runtime/timeouts.ts'
import {snapshotDisks} from '../snapshots/disks.ts'
import {checkRollback, configAfter, planRollback} from '../snapshots/plan-rollback.ts'
import {existingSnapshot} from '../snapshots/sections.ts'
import {spec} from './rollback.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid, snapname, start}, context) => {
    const guest = await readGuest(vmid, context)
    existingSnapshot(guest.config, vmid, snapname)
    return [guestLockName(vmid), ...(start === true ? locksOfHugePages(configAfter(guest, snapname), context.node) : [])]
  },
  lockTimeoutMs: 60_000,
  plan: async ({vmid, snapname, start}, context) => {
    const guest = await readGuest(vmid, context)
    checkRollback(guest, snapname)
    const section = existingSnapshot(guest.config, vmid, snapname)
    const disks = await snapshotDisks(section.values, {what: 'rollback', name: snapname}, context)
    const config = configAfter(guest, snapname)
    return planRollback({
      guest, path: guestConfigPath(context.node, vmid), name: snapname, disks, config,
      endSteps: await endSteps(guest, context), startActions: start === true ? await startActions(vmid, config, context) : [],
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

async function startActions(vmid: number, config: GuestConfig, context: Context): Promise<Action[]> {
  const launch = await planLaunch({vmid, section: config.current, forcedCpu: undefined, timeoutSeconds: undefined}, context)
  const shown = await describePlan({steps: launch.steps, whenInterrupted: 'undo'}, context)
  return [{kind: 'qemu.bring-up', vmid, steps: launch.steps, shown}, ...launch.afterwards]
}
