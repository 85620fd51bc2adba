// Moves a volume to another storage (volumes/move.ts), or gives it to another container (volumes/reassign.ts).
import {InvalidInputError} from '../../../base/index.ts'
import type {ParamsOf} from '../../../spec/index.ts'
import {copyBandwidth, openStorage, parseVolumeId, storageLock} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {assertDigest, assertUnlocked, readContainer} from '../kind.ts'
import {containerVolume} from '../volumes/container-volume.ts'
import {locksOfMove, planMove} from '../volumes/move.ts'
import {planReassign} from '../volumes/reassign.ts'
import {spec} from './move-volume.spec.ts'

type MoveParams = ParamsOf<typeof spec>

export const handler = handleChange(spec, {
  locks: async (params, context) => {
    checkOptions(params)
    const {vmid, volume: key, storage, 'target-vmid': target, delete: deletes} = params
    const volume = containerVolume(await readContainer(vmid, context), key)
    if (storage !== undefined) {
      // A name that does not exist should not wait for anybody.
      await openStorage(storage, context)
      return [guestLockName(vmid), ...locksOfMove({volume, storage, deletes: deletes === true})]
    }
    return [guestLockName(vmid), ...(target === undefined ? [] : [guestLockName(target)]), storageLock(parseVolumeId(volume.volume).storage)]
  },
  lockTimeoutMs: 60_000,
  plan: (params, context) => (params['target-vmid'] === undefined ? planMoving(params, context) : planGiving(params, params['target-vmid'], context)),
})

/** @throws InvalidInputError naming the options that do not go together */
function checkOptions({vmid, storage, bwlimit, delete: deletes, 'target-vmid': target}: MoveParams): void {
  if (target === undefined) {
    if (storage === undefined) throw new InvalidInputError('it is not said where to: name a storage, or a container with --target-vmid', {storage: 'is missing'})
    return
  }
  const others = {storage, bwlimit, delete: deletes === true ? true : undefined}
  const given = Object.entries(others).find(([, value]) => value !== undefined)?.[0]
  if (given !== undefined) throw new InvalidInputError(`'${given}' has no meaning when a volume is given to another container: nothing is copied`, {[given]: "cannot stand beside 'target-vmid'"})
  if (target === vmid) throw new InvalidInputError(`the volume belongs to container ${vmid} already`, {'target-vmid': 'is the container itself'})
}

async function planMoving({vmid, volume: key, storage = '', bwlimit, delete: deletes, digest}: MoveParams, context: Context): Promise<Plan> {
  const guest = await readContainer(vmid, context)
  assertDigest(guest, digest)
  assertUnlocked(guest, false, context.caller)
  const volume = containerVolume(guest, key)
  const bandwidthKib = Math.ceil(await copyBandwidth('move', [parseVolumeId(volume.volume).storage, storage], bwlimit, context))
  return planMove(guest, {volume, storage, deletes: deletes === true, bandwidthKib}, context)
}

async function planGiving({vmid, volume: key, digest, 'target-digest': targetDigest, 'target-volume': targetKey = key}: MoveParams, target: number, context: Context): Promise<Plan> {
  const [from, to] = [await readContainer(vmid, context), await readContainer(target, context)]
  assertDigest(from, digest)
  assertDigest(to, targetDigest)
  for (const guest of [from, to]) assertUnlocked(guest, false, context.caller)
  return planReassign(from, to, {volume: containerVolume(from, key), targetKey}, context)
}
