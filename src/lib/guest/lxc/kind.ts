// The files of containers in the store: guest/guest-files.ts, bound to their type.
import type {Caller} from '../../tasks/index.ts'
import type {StoredFile} from '../../store/index.ts'
import {assertDigestOf, assertUnlockedOf, assertUnprotectedOf, configPathOf, listGuestFilesOf, readGuestOf} from '../guest-files.ts'
import type {GuestFile, GuestFileContext, GuestKind} from '../guest-files.ts'

export const lxcKind: GuestKind = {
  type: 'lxc', folder: 'lxc', noun: 'container', tool: 'pct', loadParser: async () => (await import('./config/config-file.ts')).parseLxcConfig,
}

/** Where a container's configuration lies in the store. */
export function containerConfigPath(node: string, vmid: number): string {
  return configPathOf(lxcKind, node, vmid)
}

/** @throws NotFoundError naming the VMID, and where the guest is when it exists elsewhere or as a virtual machine */
export function readContainer(vmid: number, context: GuestFileContext): Promise<GuestFile> {
  return readGuestOf(lxcKind, vmid, context)
}

/** The files of all containers of this node, by VMID, in one snapshot of the store. */
export function listContainerFiles(context: GuestFileContext): Promise<{vmid: number; file: StoredFile}[]> {
  return listGuestFilesOf(lxcKind, context)
}

/** @throws ConflictError when the configuration has changed since the caller saw the one with this digest */
export function assertDigest(guest: GuestFile, digest: string | undefined): void {
  assertDigestOf(lxcKind, guest, digest)
}

/** @throws ConflictError when it is locked, ForbiddenError when someone other than root asks to skip the lock */
export function assertUnlocked(guest: Pick<GuestFile, 'vmid' | 'config'>, skiplock: boolean | undefined, caller: Caller): void {
  assertUnlockedOf(lxcKind, guest, skiplock, caller)
}

/** @throws ConflictError when the container is protected */
export function assertUnprotected(guest: Pick<GuestFile, 'vmid' | 'config'>, what: string): void {
  assertUnprotectedOf(lxcKind, guest, what)
}
