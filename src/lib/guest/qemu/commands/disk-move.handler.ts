// Moves a disk to another storage or format (disks/move-disk.ts), or gives it to another machine (disks/reassign-disk.ts).
import {InvalidInputError} from '../../../base/index.ts'
import type {ParamsOf} from '../../../spec/index.ts'
import {copyBandwidth, openStorage, parseVolumeId, storageLock} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import {guestDisk} from '../disks/guest-disk.ts'
import {locksOfMove, planMove} from '../disks/move-disk.ts'
import {planReassign} from '../disks/reassign-disk.ts'
import {assertDigest, assertUnlocked, guestLockName, readGuest} from '../guest-files.ts'
import {spec} from './disk-move.spec.ts'

type MoveParams = ParamsOf<typeof spec>

export const handler = handleChange(spec, {
  locks: async (params, context) => {
    checkOptions(params)
    const {vmid, disk: key, storage, 'target-vmid': target, delete: deletes} = params
    const disk = guestDisk(await readGuest(vmid, context), key)
    if (storage !== undefined) {
      // A name that does not exist should not wait for anybody.
      await openStorage(storage, context)
      return [guestLockName(vmid), ...locksOfMove({disk, storage, deletes: deletes === true})]
    }
    return [guestLockName(vmid), ...(target === undefined ? [] : [guestLockName(target)]), storageLock(parseVolumeId(disk.volume).storage)]
  },
  lockTimeoutMs: 60_000,
  plan: (params, context) => (params['target-vmid'] === undefined ? planMoving(params, context) : planGiving(params, params['target-vmid'], context)),
})

/** @throws InvalidInputError naming the options that do not go together */
function checkOptions({vmid, storage, format, bwlimit, delete: deletes, 'target-vmid': target}: MoveParams): void {
  if (target === undefined) {
    if (storage === undefined) throw new InvalidInputError('it is not said where to: name a storage, or a machine with --target-vmid', {storage: 'is missing'})
    return
  }
  const others = {storage, format, bwlimit, delete: deletes === true ? true : undefined}
  const given = Object.entries(others).find(([, value]) => value !== undefined)?.[0]
  if (given !== undefined) throw new InvalidInputError(`'${given}' has no meaning when a disk is given to another machine: nothing is copied`, {[given]: "cannot stand beside 'target-vmid'"})
  if (target === vmid) throw new InvalidInputError(`the disk belongs to virtual machine ${vmid} already`, {'target-vmid': 'is the machine itself'})
}

async function planMoving({vmid, disk: key, storage = '', format, bwlimit, delete: deletes, digest}: MoveParams, context: Context): Promise<Plan> {
  const guest = await readGuest(vmid, context)
  assertDigest(guest, digest)
  assertUnlocked(guest, false, context.caller)
  const disk = guestDisk(guest, key)
  const bandwidthKib = await copyBandwidth('move', [parseVolumeId(disk.volume).storage, storage], bwlimit, context)
  return planMove(guest, {disk, storage, deletes: deletes === true, bandwidthKib, ...(format === undefined ? {} : {format})}, context)
}

async function planGiving({vmid, disk: key, digest, 'target-digest': targetDigest, 'target-disk': targetKey = key}: MoveParams, target: number, context: Context): Promise<Plan> {
  const [from, to] = [await readGuest(vmid, context), await readGuest(target, context)]
  assertDigest(from, digest)
  assertDigest(to, targetDigest)
  for (const guest of [from, to]) assertUnlocked(guest, false, context.caller)
  return planReassign(from, to, {disk: guestDisk(from, key), targetKey}, context)
}
