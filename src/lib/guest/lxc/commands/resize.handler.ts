// Makes a volume of a container larger (volumes/resize.ts).
import {handleChange} from '../../../tasks/index.ts'
import {guestLockName} from '../../guest-files.ts'
import {assertDigest, assertUnlocked, readContainer} from '../kind.ts'
import {containerVolume} from '../volumes/container-volume.ts'
import {lockOfResize, planResize} from '../volumes/resize.ts'
import {spec} from './resize.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid, disk}, context) => [guestLockName(vmid), lockOfResize(containerVolume(await readContainer(vmid, context), disk, 'disk'))],
  lockTimeoutMs: 60_000,
  plan: async ({vmid, disk, size, digest}, context) => {
    const guest = await readContainer(vmid, context)
    assertDigest(guest, digest)
    assertUnlocked(guest, undefined, context.caller)
    return planResize(guest, containerVolume(guest, disk, 'disk'), size, context)
  },
})
