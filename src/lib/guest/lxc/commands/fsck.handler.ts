// Checks the file system of a volume of a stopped container.
import {ConflictError, InvalidInputError} from '../../../base/index.ts'
import {openVolume} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {mountPoints} from '../config/index.ts'
import type {MountPoint} from '../config/index.ts'
import {assertUnlocked, readContainer} from '../kind.ts'
import {requireCheckable} from '../mounts/check-action.ts'
import {monitorOf} from '../runtime/status.ts'
import {spec} from './fsck.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid, device, force}, context) => {
    const guest = await readContainer(vmid, context)
    assertUnlocked(guest, false, context.caller)
    if (await monitorOf(vmid, context) !== undefined) throw new ConflictError(`container ${vmid} is running, and a file system that is in use cannot be checked`, {nextSteps: [`Shut it down: pct shutdown ${vmid}`], data: {vmid}})
    const key = device ?? 'rootfs'
    const point = mountPoints(guest.config.current.values).find((each) => each.key === key)
    if (point === undefined) throw new InvalidInputError(`container ${vmid} has no ${key}`, {device: 'is none of this container'})
    const path = await imageOf(point, context)
    const type = (await context.host.run(['blkid', '-p', '-o', 'value', '-s', 'TYPE', '--', path], {okExitCodes: [0, 2]})).stdout.trim()
    return {
      steps: [{do: {kind: 'lxc.check-file-system', vmid, key, source: point.source, argv: requireCheckable(type, key, path, force === true)}}],
      whenInterrupted: 'undo', resultOfStep: 0,
    }
  },
})

/** @throws ConflictError for a folder */
async function imageOf({key, type, source}: MountPoint, context: Context): Promise<string> {
  if (type === 'bind') throw new ConflictError(`${key} is the folder ${source} of the host, which has no file system of its own`)
  if (type === 'device') return source
  const {storage, id} = await openVolume(source, context)
  await storage.activate()
  if (storage.parseName(id.name).format === 'subvol') throw new ConflictError(`${key} is a folder of the storage '${id.storage}', which has no file system of its own`)
  return storage.attach(id)
}
