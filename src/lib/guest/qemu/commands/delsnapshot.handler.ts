// Removes a snapshot of a virtual machine, with the state of its memory.
import {AppError, errorChain} from '../../../base/index.ts'
import {openVolume, parseVolumeId, removeVolumeStep, storageLock} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {ownedBy} from '../../volume-owner.ts'
import {guestConfigPath, guestLockName, readGuest} from '../guest-files.ts'
import {runtimeStatus} from '../runtime/status.ts'
import {reachableDisks, snapshotDisks} from '../snapshots/disks.ts'
import {checkRemovable, planRemove} from '../snapshots/plan-remove.ts'
import {existingSnapshot} from '../snapshots/sections.ts'
import {spec} from './delsnapshot.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid, snapname}, context) => {
    const {config} = await readGuest(vmid, context)
    const {vmstate} = existingSnapshot(config, vmid, snapname).values
    return [guestLockName(vmid), ...(vmstate === undefined ? [] : [storageLock(parseVolumeId(vmstate).storage)])]
  },
  lockTimeoutMs: 60_000,
  plan: async ({vmid, snapname, force}, context) => {
    const guest = await readGuest(vmid, context)
    checkRemovable(guest, snapname)
    const section = existingSnapshot(guest.config, vmid, snapname)
    const change = {what: 'remove', name: snapname} as const
    return planRemove({
      guest, path: guestConfigPath(context.node, vmid), name: snapname, force: force === true,
      disks: force === true ? await reachableDisks(section.values, change, context, (message) => context.log.warn(message)) : await snapshotDisks(section.values, change, context),
      isRunning: await runtimeStatus(vmid, context) !== undefined,
      stateSteps: await stateRemoval(vmid, section, force === true, context),
    })
  },
})

async function stateRemoval(vmid: number, {values: {vmstate}}: ConfigSection, force: boolean, context: Context): Promise<Step[]> {
  if (vmstate === undefined) return []
  if (!ownedBy(vmid)(vmstate)) {
    context.log.warn(`${vmstate} is left: by its name it is not the machine's`)
    return []
  }
  try {
    const {storage, id} = await openVolume(vmstate, context)
    return [removeVolumeStep(storage, id)]
  } catch (error) {
    if (!force || !(error instanceof AppError) || error.kind === 'cancelled') throw error
    context.log.warn(`${vmstate} is left behind: ${errorChain(error).join(': ')}`)
    return []
  }
}
