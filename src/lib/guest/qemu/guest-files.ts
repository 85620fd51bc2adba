// The files of virtual machines in the store: guest/guest-files.ts, bound to their type.
import type {Caller} from '../../tasks/index.ts'
import type {StoredFile} from '../../store/index.ts'
import {
  assertDigestOf, assertNotLockedOf, assertUnlockedOf, assertUnprotectedOf, configPathOf, listGuestFilesOf, readGuestOf, readGuestOfIfThere,
} from '../guest-files.ts'
import type {GuestFile, GuestFileContext, GuestKind} from '../guest-files.ts'

export {assertOneLine, claimVmid, findGuest, guestLockName, hasLock, isYes, listAllGuests, releaseVmid, vmidClaimPath} from '../guest-files.ts'
export type {GuestFile, GuestFileContext, GuestPlace} from '../guest-files.ts'

export const qemuKind: GuestKind = {
  type: 'qemu', folder: 'qemu-server', noun: 'virtual machine', tool: 'qm', loadParser: async () => (await import('./config/config-file.ts')).parseQemuConfig,
}

/** Where a virtual machine's configuration lies in the store. */
export function guestConfigPath(node: string, vmid: number): string {
  return configPathOf(qemuKind, node, vmid)
}

/** Reads a virtual machine of this node; undefined when it is not there any more. */
export function readGuestIfThere(vmid: number, context: GuestFileContext): Promise<GuestFile | undefined> {
  return readGuestOfIfThere(qemuKind, vmid, context)
}

/** @throws NotFoundError naming the VMID, and where the guest is when it exists elsewhere or as a container */
export function readGuest(vmid: number, context: GuestFileContext): Promise<GuestFile> {
  return readGuestOf(qemuKind, vmid, context)
}

/** The files of all virtual machines of this node, by VMID, in one snapshot of the store. */
export function listGuestFiles(context: GuestFileContext): Promise<{vmid: number; file: StoredFile}[]> {
  return listGuestFilesOf(qemuKind, context)
}

/** @throws ConflictError when the configuration has changed since the caller saw the one with this digest */
export function assertDigest(guest: GuestFile, digest: string | undefined): void {
  assertDigestOf(qemuKind, guest, digest)
}

/** @throws ConflictError when it is locked, ForbiddenError when someone other than root asks to skip the lock */
export function assertUnlocked(guest: Pick<GuestFile, 'vmid' | 'config'>, skiplock: boolean | undefined, caller: Caller): void {
  assertUnlockedOf(qemuKind, guest, skiplock, caller)
}

/** @throws ConflictError when its configuration carries a lock */
export function assertNotLocked(guest: Pick<GuestFile, 'vmid' | 'config'>): void {
  assertNotLockedOf(qemuKind, guest)
}

/** @throws ConflictError when the guest is protected against what would take its disks away */
export function assertUnprotected(guest: Pick<GuestFile, 'vmid' | 'config'>, what: string): void {
  assertUnprotectedOf(qemuKind, guest, what)
}
