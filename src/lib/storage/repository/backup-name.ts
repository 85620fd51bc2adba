// The names of backups in a repository: `backup/vm/100/2026-11-23T15:00:00Z`, as Proxmox VE names those on its backup server. The time is in UTC, in whole
// seconds, so that a name means the same on every host. Pure.
import {InvalidInputError} from '../../base/index.ts'
import type {VolumeName} from '../storage.ts'
import {checkVolumeName} from '../volume-id.ts'

export interface RepositoryBackup {
  readonly guestType: 'lxc' | 'qemu'
  readonly vmid: number
  readonly takenAtMs: number
}

const words = {qemu: 'vm', lxc: 'ct'} as const
const form = /^backup\/(vm|ct)\/([1-9]\d{2,8})\/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/

/** undefined for what is no such name, or has a time that there is not. */
export function readBackupName(name: string): RepositoryBackup | undefined {
  const [, word, vmid, time = ''] = form.exec(name) ?? []
  const takenAtMs = Date.parse(time)
  if (word === undefined || Number.isNaN(takenAtMs) || timeText(takenAtMs) !== time) return undefined
  return {guestType: word === 'vm' ? 'qemu' : 'lxc', vmid: Number(vmid), takenAtMs}
}

export function backupName({guestType, vmid, takenAtMs}: RepositoryBackup): string {
  return `backup/${words[guestType]}/${vmid}/${timeText(takenAtMs)}`
}

/** @throws InvalidInputError for a name that a repository does not have */
export function parseBackupName(name: string): VolumeName {
  checkVolumeName(name)
  const backup = readBackupName(name)
  if (backup === undefined) {
    throw new InvalidInputError(`'${name.slice(0, 120)}' is not the name of a backup in a repository`, {volume: 'has no known form'}, {nextSteps: ['Names are like backup/vm/100/2026-11-23T15:00:00Z and backup/ct/101/2026-11-23T15:00:00Z.']})
  }
  return {content: 'backup', format: `restic-${words[backup.guestType]}`, vmid: backup.vmid, base: name.slice(name.lastIndexOf('/') + 1), isBase: false}
}

function timeText(timeMs: number): string {
  return new Date(Math.floor(timeMs / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}
