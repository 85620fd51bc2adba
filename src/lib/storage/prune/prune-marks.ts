// What becomes of the backups on a storage when it is pruned. Pure.
import {parseArchiveName} from '../archive-name.ts'
import {readBackupName} from '../repository/backup-name.ts'
import type {VolumeId} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import type {Retention} from './retention.ts'
import {keptByRetention} from './retention.ts'

/** protected: kept by its protection, counted by no rule. renamed: not named as backups are, so that it is left alone. */
export type PruneMark = 'keep' | 'remove' | 'protected' | 'renamed'

/** A backup as a listing has it. */
export interface ListedBackup {
  readonly id: VolumeId
  readonly createdAtMs?: number
  readonly vmid?: number
  readonly isProtected?: boolean
}

/** As Proxmox VE's API tells it. */
export interface MarkedBackup {
  readonly volid: string
  /** Seconds since 1970. */
  readonly ctime: number
  readonly mark: PruneMark
  readonly type: 'lxc' | 'openvz' | 'qemu' | 'unknown'
  readonly vmid?: number
}

export interface WantedBackups {
  readonly vmid?: number | undefined
  readonly type?: string | undefined
}

/** Marks the wanted ones, sorted by volume id; the rules count for each guest and type by themselves. */
export function markBackups(backups: readonly ListedBackup[], retention: Retention, wanted: WantedBackups = {}): MarkedBackup[] {
  const known = backups.map(described).filter(({vmid, type}) => (wanted.vmid === undefined || vmid === wanted.vmid) && (wanted.type === undefined || type === wanted.type))
  const groups = new Map<string, (typeof known)[number][]>()
  for (const backup of known.filter(({mark}) => mark === 'keep')) {
    const group = `${backup.type}/${backup.vmid ?? ''}`
    groups.set(group, [...groups.get(group) ?? [], backup])
  }
  const removed = new Set([...groups.values()].flatMap((group) => {
    const kept = keptByRetention(group.map(({timeMs}) => timeMs), retention)
    return group.filter((_backup, index) => kept[index] !== true).map(({volid}) => volid)
  }))
  return known.map(({volid, timeMs, mark, type, vmid}): MarkedBackup => ({
    volid, ctime: Math.trunc(timeMs / 1000), mark: removed.has(volid) ? 'remove' : mark, type, ...(vmid === undefined ? {} : {vmid}),
  })).sort((a, b) => (a.volid < b.volid ? -1 : 1))
}

/** As it is marked before the rules are looked at. */
function described({id, createdAtMs, vmid, isProtected}: ListedBackup): Omit<MarkedBackup, 'ctime'> & {readonly timeMs: number} {
  const archive = archiveOf(id.name)
  const owner = archive?.vmid ?? vmid
  return {
    volid: formatVolumeId(id), timeMs: createdAtMs ?? archive?.createdAtMs ?? 0, type: archive?.guestType ?? 'unknown',
    mark: isProtected === true ? 'protected' : archive?.isStandard === true ? 'keep' : 'renamed', ...(owner === undefined ? {} : {vmid: owner}),
  }
}

type NamedBackup = Pick<ReturnType<typeof parseArchiveName>, 'guestType' | 'isStandard' | 'vmid' | 'createdAtMs'>

function archiveOf(name: string): NamedBackup | undefined {
  const inRepository = readBackupName(name)
  if (inRepository !== undefined) return {guestType: inRepository.guestType, vmid: inRepository.vmid, createdAtMs: inRepository.takenAtMs, isStandard: true}
  try {
    return parseArchiveName(name)
  } catch {
    // A file among the backups that nobody named as one.
    return undefined
  }
}
