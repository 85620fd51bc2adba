// Which snapshots of a repository are backups of guests, and what their tags say. A backup has the tag `corral` and the path of its guest, `/qemu/100` or
// `/lxc/101`; whatever else others keep in the same repository is theirs. Pure.
import {backupName} from './backup-name.ts'
import type {RepositoryBackup} from './backup-name.ts'
import type {SnapshotRecord} from './snapshot-record.ts'

export interface GuestSnapshot extends RepositoryBackup {
  /** What the guest's disks or files come to, before anything is left out that was there already. */
  readonly sizeBytes: number
  readonly isProtected: boolean
  readonly notes?: string
}

export const backupTag = 'corral'
/** Of one that a program has written and that is not whole: it counts as no backup. */
const unfinishedTag = 'corral-unfinished'
const protectedTag = 'protected'
/** The last second that the name of a backup can tell. */
const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59)

export function guestPath({guestType, vmid}: Pick<RepositoryBackup, 'guestType' | 'vmid'>): string {
  return `/${guestType}/${vmid}`
}

/** The tags of what the program restic writes of a backup, before it is one. */
export function unfinishedOf(backup: RepositoryBackup): string[] {
  return [unfinishedTag, backupName(backup)]
}

/** undefined for a snapshot that is no backup of a guest. */
export function readGuestSnapshot({tags, paths, takenAtMs}: Pick<SnapshotRecord, 'tags' | 'paths' | 'takenAtMs'>): GuestSnapshot | undefined {
  const [path = '', ...others] = paths
  const [, guestType, vmid] = /^\/(qemu|lxc)\/([1-9]\d{2,8})$/.exec(path) ?? []
  if (!tags.includes(backupTag) || others.length > 0 || guestType === undefined || takenAtMs < 0 || takenAtMs > latestMs) return undefined
  const valueOf = (name: string) => tags.find((tag) => tag.startsWith(`${name}=`))?.slice(name.length + 1)
  const size = valueOf('size') ?? ''
  const notes = valueOf('notes')
  return {
    guestType: guestType === 'qemu' ? 'qemu' : 'lxc', vmid: Number(vmid), takenAtMs,
    sizeBytes: /^\d{1,15}$/.test(size) ? Number(size) : 0, isProtected: tags.includes(protectedTag), ...(notes === undefined || notes === '' ? {} : {notes: decoded(notes)}),
  }
}

/** Notes stand in one line without commas, which the program restic takes for the end of a tag. */
export function guestTags({sizeBytes, isProtected, notes}: Pick<GuestSnapshot, 'sizeBytes' | 'isProtected' | 'notes'>): string[] {
  const encoded = (notes ?? '').trimEnd().replace(/[%,\p{Cc}]/gu, encodeURIComponent)
  return [backupTag, `size=${sizeBytes}`, ...isProtected ? [protectedTag] : [], ...encoded === '' ? [] : [`notes=${encoded}`]]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Somebody else's, in which a percent sign is one.
    return text
  }
}
