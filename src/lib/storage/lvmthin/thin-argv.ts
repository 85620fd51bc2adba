// The command lines of lvm2 for thin volumes (lvmthin(7)). Pure. Volumes are named <group>/<volume> and stand behind `--`.
import {jsonReport} from '../lvm-report.ts'

const report = [...jsonReport, '--units', 'b', '--nosuffix', '-o'] as const

/** All volumes of the group with the pools that they are in. */
export function listArgv(group: string): string[] {
  return ['lvs', ...report, 'lv_name,lv_size,lv_attr,lv_tags,lv_time,pool_lv,origin,data_percent,metadata_percent', '--', group]
}

/** A volume that takes what is written to it. */
export function createArgv(group: string, pool: string, name: string, sizeBytes: number): string[] {
  return ['lvcreate', '--yes', '-ay', '--virtualsize', `${Math.ceil(sizeBytes / 1024)}k`, '--name', name, '--thinpool', `${group}/${pool}`]
}

/** One that begins as another one is. `-k`: whether it is passed over when the group is switched on. */
export function snapshotArgv(group: string, origin: string, name: string, options: {readonly readOnly: boolean}): string[] {
  return ['lvcreate', '--yes', '--snapshot', '--setactivationskip', options.readOnly ? 'y' : 'n', '--permission', options.readOnly ? 'r' : 'rw', '--name', name, '--', `${group}/${origin}`]
}

export function permissionArgv(group: string, name: string, permission: 'r' | 'rw'): string[] {
  return ['lvchange', '--permission', permission, '--', `${group}/${name}`]
}
