// Makes a disk larger (disks/resize-disk.ts).
import {handleChange} from '../../../tasks/index.ts'
import {guestDisk} from '../disks/guest-disk.ts'
import {lockOfResize, planResize} from '../disks/resize-disk.ts'
import {assertDigest, assertUnlocked, guestLockName, readGuest} from '../guest-files.ts'
import {spec} from './disk-resize.spec.ts'

export const handler = handleChange(spec, {
  locks: async ({vmid, disk}, context) => [guestLockName(vmid), lockOfResize(guestDisk(await readGuest(vmid, context), disk))],
  lockTimeoutMs: 60_000,
  plan: async ({vmid, disk, size, digest, skiplock}, context) => {
    const guest = await readGuest(vmid, context)
    assertDigest(guest, digest)
    assertUnlocked(guest, skiplock, context.caller)
    return planResize(guest, guestDisk(guest, disk), size, context)
  },
})
