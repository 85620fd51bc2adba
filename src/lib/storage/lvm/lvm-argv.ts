// The command lines of lvm2 and blkdiscard. Pure. Volumes are named <group>/<volume>, never by a path, and stand behind `--`.
import {jsonReport} from '../lvm-report.ts'
import {guestTag} from './naming.ts'

const report = [...jsonReport, '--units', 'b', '--nosuffix', '-o'] as const

/** @param name one volume; all of the group when absent */
export function listArgv(group: string, name?: string): string[] {
  return ['lvs', ...report, 'lv_name,lv_size,lv_attr,lv_tags,lv_time', '--', name === undefined ? group : `${group}/${name}`]
}

export function groupArgv(group: string): string[] {
  return ['vgs', ...report, 'vg_name,vg_size,vg_free,vg_extent_size', '--', group]
}

/**
 * The volume is wiped of signatures, so that an old file system is not taken for a new one, and is not switched on at boot: that is done
 * when the guest starts.
 */
export function createArgv(group: string, name: string, vmid: number, sizeBytes: number, tags: readonly string[] = []): string[] {
  return [
    'lvcreate', '--yes', '-ay', '--wipesignatures', 'y', '--setautoactivation', 'n', ...[guestTag(vmid), ...tags].flatMap((tag) => ['--addtag', tag]),
    '--size', `${Math.ceil(sizeBytes / 1024)}k`, '--name', name, '--', group,
  ]
}

export function extendArgv(group: string, name: string, sizeBytes: number): string[] {
  return ['lvextend', '--size', `${Math.ceil(sizeBytes / 1024)}k`, '--', `${group}/${name}`]
}

export function renameArgv(group: string, from: string, to: string): string[] {
  return ['lvrename', '--', group, from, to]
}

/** Adding a tag that is there, or taking away one that is not, is no mistake to lvm2. */
export function retagArgv(group: string, name: string, from: number, to: number): string[] {
  return ['lvchange', '--deltag', guestTag(from), '--addtag', guestTag(to), '--', `${group}/${name}`]
}

/** Takes tags away and adds one. */
export function replaceTagsArgv(group: string, name: string, tags: readonly string[], tag: string): string[] {
  return ['lvchange', ...tags.flatMap((old) => ['--deltag', old]), '--addtag', tag, '--', `${group}/${name}`]
}

export function removeArgv(group: string, name: string): string[] {
  return ['lvremove', '--force', '--', `${group}/${name}`]
}

/** -K: also volumes that are not switched on at boot. */
export function activateArgv(group: string, ...names: readonly string[]): string[] {
  return ['lvchange', '-ay', '-K', '--', ...names.map((name) => `${group}/${name}`)]
}

/** Takes over what another host has changed of a volume that is on here already, such as its size. */
export function refreshArgv(group: string, ...names: readonly string[]): string[] {
  return ['lvchange', '--refresh', '--', ...names.map((name) => `${group}/${name}`)]
}

export function deactivateArgv(group: string, ...names: readonly string[]): string[] {
  return ['lvchange', '-an', '--', ...names.map((name) => `${group}/${name}`)]
}

export function devicePath(group: string, name: string): string {
  return `/dev/${group}/${name}`
}

export interface ZeroRange { readonly offsetBytes: number; readonly lengthBytes: number }

/** @param range part of the device; all of it when absent */
export function zeroArgv(path: string, stepBytes: number, range?: ZeroRange): string[] {
  return [
    'blkdiscard', '--zeroout', '--step', String(stepBytes),
    ...(range === undefined ? [] : ['--offset', String(range.offsetBytes), '--length', String(range.lengthBytes)]), '--', path,
  ]
}
