// The volume groups of a host, the devices they lie on, and the logical volumes in them, as lvm2 tells (lvmreport(7)).
import type {Context} from '../../../tasks/index.ts'
import {askProgram} from '../../scan/ask-program.ts'
import {reportRows} from '../../scan/lvm.ts'

export interface PhysicalVolumeOfGroup {
  /** `[unknown]` for one whose device is missing. */
  readonly path: string
  readonly uuid: string
  readonly sizeBytes: number
  readonly freeBytes: number
}

export interface VolumeGroup {
  readonly name: string
  readonly uuid: string
  readonly sizeBytes: number
  readonly freeBytes: number
  readonly physicalVolumes: readonly PhysicalVolumeOfGroup[]
}

export interface GroupVolume {
  readonly group: string
  readonly name: string
  readonly uuid: string
  readonly sizeBytes: number
  readonly isThinPool: boolean
  /** The thin pool that it is in. */
  readonly pool: string
  /** Somebody has it open: a mount, a guest, swap. */
  readonly isOpen: boolean
  /** Of a thin pool: how many volumes are in it, how full it is, and its metadata. */
  readonly thinVolumes: number
  readonly usedBytes: number
  readonly metadataBytes: number
  readonly metadataUsedBytes: number
}

type Looking = Pick<Context, 'host' | 'signal'>

const options = {env: {LVM_SUPPRESS_FD_WARNINGS: '1'}}
const report = ['--reportformat', 'json', '--units', 'b', '--nosuffix', '-o'] as const
const groupsArgv = ['vgs', ...report, 'vg_name,vg_uuid,vg_size,vg_free,pv_name,pv_uuid,pv_size,pv_free'] as const
const volumesArgv = ['lvs', ...report, 'vg_name,lv_name,lv_uuid,lv_size,segtype,pool_lv,lv_device_open,thin_count,data_percent,metadata_percent,lv_metadata_size'] as const

/** @throws UnavailableError when lvm2 is not installed or does not answer */
export async function readGroups(context: Looking): Promise<VolumeGroup[]> {
  const {stdout} = await askProgram({argv: groupsArgv, package: 'lvm2', asked: 'the host', options}, context)
  return groupsOf(reportRows(stdout, 'vg', {host: context.host.name, argv: groupsArgv}))
}

/** The logical volumes of all groups; parts of volumes, which lvm2 hides, are left out. @throws as above */
export async function readGroupVolumes(context: Looking): Promise<GroupVolume[]> {
  const {stdout} = await askProgram({argv: volumesArgv, package: 'lvm2', asked: 'the host', options}, context)
  return volumesOf(reportRows(stdout, 'lv', {host: context.host.name, argv: volumesArgv}))
}

type Row = Readonly<Record<string, string>>

/** Pure: a row for each physical volume becomes a group with its physical volumes. */
export function groupsOf(rows: readonly Row[]): VolumeGroup[] {
  const groups = new Map<string, VolumeGroup & {physicalVolumes: PhysicalVolumeOfGroup[]}>()
  for (const row of rows) {
    const name = row['vg_name'] ?? ''
    const uuid = row['vg_uuid'] ?? ''
    if (name === '') continue
    // Two groups may have one name, of which lvm2 takes neither; their UUIDs differ.
    const group = groups.get(uuid) ?? {name, uuid, sizeBytes: number(row['vg_size']), freeBytes: number(row['vg_free']), physicalVolumes: []}
    const {pv_name: path = ''} = row
    if (path !== '') group.physicalVolumes.push({path, uuid: row['pv_uuid'] ?? '', sizeBytes: number(row['pv_size']), freeBytes: number(row['pv_free'])})
    groups.set(uuid, group)
  }
  return [...groups.values()].toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
}

/** Pure. */
export function volumesOf(rows: readonly Row[]): GroupVolume[] {
  return rows.map((row) => {
    const sizeBytes = number(row['lv_size'])
    const metadataBytes = number(row['lv_metadata_size'])
    return {
      group: row['vg_name'] ?? '', name: row['lv_name'] ?? '', uuid: row['lv_uuid'] ?? '', sizeBytes, metadataBytes,
      isThinPool: row['segtype'] === 'thin-pool', pool: row['pool_lv'] ?? '', isOpen: row['lv_device_open'] === 'open', thinVolumes: number(row['thin_count']),
      usedBytes: Math.round(sizeBytes * number(row['data_percent']) / 100), metadataUsedBytes: Math.round(metadataBytes * number(row['metadata_percent']) / 100),
    }
  }).filter(({name}) => name !== '')
}

function number(text = ''): number {
  return /^\d{1,20}(?:\.\d{1,9})?$/.test(text) ? Number(text) : 0
}
