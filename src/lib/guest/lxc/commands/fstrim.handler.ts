// Trims the file systems of a container.
import {parseVolumeId, openStorage} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {mountPoints} from '../config/index.ts'
import type {MountPoint} from '../config/index.ts'
import {readContainer} from '../kind.ts'
import {hostPlaces} from '../mounts/host-mounts.ts'
import {assertReachable, filesSection} from '../reachable.ts'
import {spec} from './fstrim.spec.ts'

export const handler = handleChange(spec, {
  locks: ({vmid}) => [guestLockName(vmid)],
  plan: async ({vmid, 'ignore-mountpoints': isRootOnly}, context) => {
    const guest = await readContainer(vmid, context)
    await assertReachable(guest, context)
    const section = filesSection(guest.config.current)
    const keys: string[] = []
    for (const point of mountPoints(section.values)) if ((point.key === 'rootfs' || isRootOnly !== true) && await hasBlocks(point, context)) keys.push(point.key)
    return {steps: [{do: {kind: 'lxc.trim', vmid, section, targets: hostPlaces(context.places, vmid, keys)}}], whenInterrupted: 'undo', resultOfStep: 0}
  },
})

/** What can be mounted read-only cannot be trimmed, and a folder has no blocks of its own. */
async function hasBlocks({type, source, readOnly}: MountPoint, context: Context): Promise<boolean> {
  if (readOnly || type === 'bind') return false
  if (type === 'device') return true
  const {storage: name, name: volume} = parseVolumeId(source)
  return (await openStorage(name, context)).parseName(volume).format !== 'subvol'
}
