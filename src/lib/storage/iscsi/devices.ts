// The disks of iSCSI sessions, from /sys and the links of udev. Looks and changes nothing.
import type {Host} from '../../host/index.ts'
import type {ScsiName} from './naming.ts'

export const byIdFolder = '/dev/disk/by-id'

export interface ScsiDisk extends ScsiName {
  readonly sizeBytes: number
  /** The kernel's name of what is to be used: the disk, or the multipath device that it is part of. */
  readonly kernelName: string
}

/** What the kernel's `size` counts in, whatever the blocks of a disk. */
const sectorBytes = 512
/** SCSI peripheral device type of disks (SPC-4, table 139). */
const diskType = '0'

type Files = Pick<Host, 'files'>

/**
 * The disks of these sessions, one for each LUN, in the order of LUNs. A disk without a name by udev is left out.
 * @param onUnnamed is told of each such disk, and of those that the kernel has yet to look at
 */
export async function disksOfSessions(host: Files, sessions: readonly number[], onUnnamed: (name: string) => void = () => undefined): Promise<ScsiDisk[]> {
  const names = await stableNames(host)
  const found = new Map<string, ScsiDisk>()
  for (const session of sessions) {
    for (const disk of await disksOfSession(host, session, onUnnamed)) {
      const device = names.get(disk.kernelName)
      if (device === undefined) onUnnamed(disk.kernelName)
      // Two paths to one LUN have one name.
      else if (!found.has(device)) found.set(device, {...disk, device})
    }
  }
  return [...found.values()].sort((a, b) => a.lun - b.lun)
}

async function disksOfSession({files}: Files, session: number, onUnnamed: (name: string) => void): Promise<Omit<ScsiDisk, 'device'>[]> {
  const found: Omit<ScsiDisk, 'device'>[] = []
  const folder = `/sys/class/iscsi_session/session${session}/device`
  for (const target of (await files.list(folder)).filter((name) => /^target\d+:\d+:\d+$/.test(name))) {
    for (const name of await files.list(`${folder}/${target}`)) {
      const [, channel, id, lun] = /^\d{1,9}:(\d{1,5}):(\d{1,5}):(\d{1,5})$/.exec(name) ?? []
      if (lun === undefined) continue
      const unit = `${folder}/${target}/${name}`
      if (await readWord({files}, `${unit}/type`) !== diskType) continue
      const [block] = await files.list(`${unit}/block`)
      if (block === undefined) { onUnnamed(name); continue }
      const sectors = Number(await readWord({files}, `${unit}/block/${block}/size`))
      if (!Number.isSafeInteger(sectors * sectorBytes)) continue
      found.push({channel: Number(channel), id: Number(id), lun: Number(lun), sizeBytes: sectors * sectorBytes, kernelName: await multipathOf({files}, `${unit}/block/${block}`) ?? block})
    }
  }
  return found
}

/** The multipath device that a disk is a path of. */
async function multipathOf(host: Files, block: string): Promise<string | undefined> {
  for (const holder of await host.files.list(`${block}/holders`)) {
    if (/^dm-\d{1,9}$/.test(holder) && (await readWord(host, `${block}/holders/${holder}/dm/uuid`)).startsWith('mpath-')) return holder
  }
  return undefined
}

/** A device may go while it is looked at. */
async function readWord({files}: Files, path: string): Promise<string> {
  return (await files.readText(path, 4096).catch(() => '')).trim()
}

/** The names by which udev knows whole disks, by the kernel's name. Of several the last, as Proxmox VE takes it. */
async function stableNames({files}: Files): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const name of await files.list(byIdFolder)) {
    if (!/^(?:scsi-|dm-uuid-mpath-)/.test(name) || /-part\d+$/.test(name)) continue
    const path = await files.realPath(`${byIdFolder}/${name}`).catch(() => undefined)
    if (path !== undefined) names.set(path.slice(path.lastIndexOf('/') + 1), name)
  }
  return names
}
