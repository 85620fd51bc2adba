// Adds the keys for Secure Boot that a guest's firmware lacks. The variables are copied before they are changed in place, because snapshots
// may lie in the same image; interrupted or failed, the copy is written back.
import {ConflictError, InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import {openVolume} from '../../../storage/index.ts'
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import {formatQemuConfig} from '../config/index.ts'
import {assertNoTemplate, assertNothingWaits, guestDisk} from '../disks/guest-disk.ts'
import type {GuestDisk} from '../disks/guest-disk.ts'
import {templateWithKeys} from '../drives/efi-vars.ts'
import {formatDriveText} from '../drives/drive-text.ts'
import type {EnrollEfiKeys} from '../efi-vars/actions/enroll-efi-keys.ts'
import type {KeepEfiVars, RestoreEfiVars} from '../efi-vars/actions/keep-efi-vars.ts'
import {enrollKeys} from '../efi-vars/enroll-keys.ts'
import type {Enrolled} from '../efi-vars/enroll-keys.ts'
import {maxStoreBytes} from '../efi-vars/variable-store.ts'
import {volumeBytes, writeArgv} from '../efi-vars/volume-bytes.ts'
import {assertUnlocked, guestConfigPath, guestLockName, readGuest} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {writeKey} from '../pending.ts'
import {assertStopped} from '../runtime/assert-running.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {spec} from './enroll-efi-keys.spec.ts'

const key = 'efidisk0'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  lockTimeoutMs: 60_000,
  plan: async ({vmid}, context): Promise<Plan> => {
    const guest = await readGuest(vmid, context)
    assertUnlocked(guest, undefined, context.caller)
    assertNoTemplate(guest, 'its disks stay as they are')
    const disk = variablesOf(guest)
    await assertStopped(vmid, context)
    const template = await templateWithKeys(efitypeOf(disk), context)
    const enrolled = await lookUp(vmid, disk.volume, template, context)
    if (enrolled.added.length === 0) return {steps: [], whenInterrupted: 'undo', result: [`${key} (${disk.volume}) lacks none of the keys of ${template}; nothing was changed`]}
    return planEnrolment(guest, disk, {template, enrolled}, context)
  },
})

/** @throws ConflictError, UnsupportedError, and as guestDisk */
function variablesOf(guest: GuestFile): GuestDisk {
  const {vmid, config: {current: {values}, pending}} = guest
  if (values['arch'] === 'aarch64') throw new UnsupportedError(`virtual machine ${vmid} is one of ARM, for whose firmware there are no keys`)
  if (values[key] === undefined && pending[key] === undefined) {
    throw new ConflictError(`virtual machine ${vmid} has no ${key} on which keys could be kept`, {
      nextSteps: [`Add one that has them: qm set ${vmid} --bios ovmf --${key} local:1,efitype=4m,pre-enrolled-keys=1`], data: {vmid},
    })
  }
  assertNothingWaits(guest, key)
  return guestDisk(guest, key)
}

function efitypeOf({drive}: GuestDisk): string {
  return drive.options['efitype'] ?? '2m'
}

async function lookUp(vmid: number, volume: string, template: string, context: Context): Promise<Enrolled> {
  const [bytes, keys] = [await volumeBytes(vmid, volume, context), await context.host.files.read(template, maxStoreBytes)]
  try {
    return enrollKeys(bytes, keys)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new ConflictError(`the keys cannot be added to ${key} (${volume})`, {cause: error, nextSteps: error.nextSteps, data: {vmid, volume}})
  }
}

async function planEnrolment({vmid, config, file}: GuestFile, disk: GuestDisk, {template, enrolled}: {template: string; enrolled: Enrolled}, context: Context): Promise<Plan> {
  const {volume, drive} = disk
  const {storage, id} = await openVolume(volume, context)
  const keptPath = `${context.places.stateDir}/efi-vars/${vmid}.fd`
  const write = (from: string) => [writeArgv(from, storage.imageName(id))]
  const keep: KeepEfiVars = {kind: 'guest.keep-efi-vars', vmid, volume, keptPath}
  const enroll: EnrollEfiKeys = {kind: 'guest.enroll-efi-keys', vmid, volume, template, added: enrolled.added, commands: write(guestPaths(context.places, vmid).efiVars)}
  const restore: RestoreEfiVars = {kind: 'guest.restore-efi-vars', vmid, volume, keptPath, commands: write(keptPath)}
  const forget = {kind: 'file.remove', path: keptPath}
  const options = {
    ...drive.options,
    // Of a disk of 2 MiB the property says nothing.
    ...(efitypeOf(disk) === '4m' ? {'pre-enrolled-keys': '1'} : {}),
    ...(enrolled.microsoft === undefined ? {} : {'ms-cert': enrolled.microsoft}),
  }
  const text = formatQemuConfig(writeKey(config, key, formatDriveText({...drive, options})))
  return {
    steps: [
      {do: keep, undo: forget},
      {do: enroll, undo: restore},
      ...(text === file.data ? [] : [storeCommitStep([{path: guestConfigPath(context.node, vmid), was: file, text}])]),
    ],
    afterwards: [forget], whenInterrupted: 'undo', result: enrolled.added.map((line) => `${key}: added to ${line}`),
  }
}
