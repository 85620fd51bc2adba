// Brings a guest's drive for cloud-init up to date, whether the guest runs or not.
import {ConflictError} from '../../../base/index.ts'
import {createVolumeStep, openVolume, parseVolumeId, storageLock} from '../../../storage/index.ts'
import type {Format} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import {cloudInitDriveBytes, cloudInitDriveOf} from '../cloud-init/index.ts'
import type {CloudInitDrive} from '../cloud-init/index.ts'
import {checkCloudInit, writeAction} from '../cloud-init/plan-write.ts'
import {ownedBy} from '../../volume-owner.ts'
import {assertUnlocked, guestLockName, readGuest} from '../guest-files.ts'
import {runtimeStatus} from '../runtime/status.ts'
import {spec} from './cloudinit-update.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid}, context) => {
    const drive = driveOf(vmid, (await readGuest(vmid, context)).config.current.values)
    return [guestLockName(vmid), storageLock(parseVolumeId(drive.volume).storage)]
  },
  lockTimeoutMs: 60_000,
  plan: async ({vmid}, context) => {
    const guest = await readGuest(vmid, context)
    assertUnlocked(guest, false, context.caller)
    const {values} = guest.config.current
    const drive = driveOf(vmid, values)
    await checkCloudInit(vmid, values, context)
    return planUpdate(vmid, drive, context)
  },
})

async function planUpdate(vmid: number, drive: CloudInitDrive, context: Context): Promise<Plan> {
  const {storage, id} = await openVolume(drive.volume, context)
  await storage.activate()
  const {format, base} = storage.parseName(id.name)
  const isThere = await storage.exists(id)
  const made = isThere || !ownedBy(vmid)(drive.volume) ? [] : [(await createVolumeStep(storage, {vmid, format: format as Format, sizeBytes: cloudInitDriveBytes, base, purpose: drive.key})).step]
  const isRunning = await runtimeStatus(vmid, context) !== undefined
  const write = writeAction(vmid, {...drive, path: storage.path(id), format: format as Format, isRunning}, context)
  // A drive that is written half is written again by whoever comes next.
  return made.length > 0 ? {steps: made, afterwards: [write], whenInterrupted: 'undo'} : {steps: [{do: write}], whenInterrupted: 'finish'}
}

/** @throws ConflictError when the guest has no such drive */
function driveOf(vmid: number, values: Readonly<Record<string, string>>): CloudInitDrive {
  const drive = cloudInitDriveOf(values)
  if (drive !== undefined) return drive
  throw new ConflictError(`virtual machine ${vmid} has no cloud-init drive`, {nextSteps: [`Add one: qm set ${vmid} --ide2 local:cloudinit`], data: {vmid}})
}
