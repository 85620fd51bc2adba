// Reads what udevadm, lsblk, pvs, lvs, zpool and the kernel's tables of mounts say of block devices. Pure; a line that is strange says nothing.
import type {Signature} from '../contents.ts'
import type {CephVolume, LsblkDevice, PhysicalVolume, PoolDevice, UdevProperties} from './machine.ts'

/** One record of `udevadm info`: the lines `E: NAME=value`. */
export function parseUdevRecord(text: string): UdevProperties {
  const properties = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, name, value] = /^E: ([^=]{1,100})=(.*)$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) properties.set(name, value)
  }
  return properties
}

/** `udevadm info --export-db`: all records, an empty line between them. Those of block devices, by kernel name. */
export function parseUdevDatabase(text: string): Map<string, UdevProperties> {
  const found = new Map<string, UdevProperties>()
  for (const record of text.split('\n\n')) {
    if (!record.includes('E: SUBSYSTEM=block')) continue
    const properties = parseUdevRecord(record)
    // The last part of the path in sysfs is the kernel's name.
    const name = properties.get('DEVPATH')?.split('/').at(-1)
    if (name !== undefined && name !== '') found.set(name, properties)
  }
  return found
}

/** `lsblk --json`, by path; undefined when it is no JSON. */
export function parseLsblk(text: string): Map<string, LsblkDevice> | undefined {
  const rows = lsblkRows(text)
  if (rows === undefined) return undefined
  const found = new Map<string, LsblkDevice>()
  for (const row of rows) {
    if (typeof row !== 'object' || row === null) continue
    const {path, fstype, label, pttype, parttype, mountpoints} = row as Readonly<Record<string, unknown>>
    if (typeof path !== 'string') continue
    const word = (name: string, value: unknown) => typeof value === 'string' && value !== '' ? {[name]: value} : {}
    const mountPoints = Array.isArray(mountpoints) ? mountpoints.filter((each): each is string => typeof each === 'string') : []
    found.set(path, {
      path, mountPoints, ...word('fileSystem', fstype), ...word('label', label), ...word('tableType', pttype),
      ...word('partitionType', typeof parttype === 'string' ? parttype.toLowerCase() : undefined),
    })
  }
  return found
}

function lsblkRows(text: string): readonly unknown[] | undefined {
  if (text.trim() === '') return []
  try {
    const {blockdevices} = JSON.parse(text) as {readonly blockdevices?: unknown}
    return Array.isArray(blockdevices) ? blockdevices : undefined
  } catch {
    return undefined
  }
}

/** `wipefs --json --output DEVICE,TYPE,LABEL,UUID,USAGE`: what is on each of these devices; undefined when it is something else. wipefs names devices without their folder. */
export function parseSignatures(text: string, paths: readonly string[]): Map<string, Signature[]> | undefined {
  const found = new Map<string, Signature[]>(paths.map((path) => [path, []]))
  try {
    const {signatures} = JSON.parse(text) as {readonly signatures?: unknown}
    if (!Array.isArray(signatures)) return undefined
    for (const {device, type, label, uuid, usage} of signatures as readonly Readonly<Record<string, unknown>>[]) {
      const path = paths.find((each) => typeof device === 'string' && (each === device || each.endsWith(`/${device}`)))
      if (path === undefined || typeof type !== 'string') return undefined
      found.get(path)?.push({type, isTable: usage === 'partition-table', ...(typeof label === 'string' && label !== '' ? {label} : {}), ...(typeof uuid === 'string' && uuid !== '' ? {uuid} : {})})
    }
    return found
  } catch {
    return undefined
  }
}

/** `partx --show --noheadings --output NR`. */
export function parsePartitionNumbers(text: string): number[] {
  return text.split('\n').flatMap((line) => /^\d{1,5}$/.test(line.trim()) ? [Number(line)] : [])
}

/** `pvs --noheadings --separator ; -o pv_name,vg_name`. */
export function parsePhysicalVolumes(text: string): PhysicalVolume[] {
  return text.split('\n').flatMap((line) => {
    const [path = '', group = ''] = line.trim().split(';')
    return path.startsWith('/') ? [{path, ...(group === '' ? {} : {group})}] : []
  })
}

/** `lvs --noheadings --separator ; -o devices,lv_name,lv_tags`: the volumes of OSDs, by the names and tags that ceph-volume gives them. */
export function parseCephVolumes(text: string): CephVolume[] {
  return text.split('\n').flatMap((line) => {
    const [devices = '', name = '', tagText = ''] = line.trim().split(';')
    const use = /^osd-(block|data|journal|db|wal)-/.exec(name)?.[1] as CephVolume['use'] | undefined
    const tags = new Map(tagText.split(',').map((tag) => { const at = tag.indexOf('='); return at < 0 ? [tag, ''] as const : [tag.slice(0, at), tag.slice(at + 1)] as const }))
    if (use === undefined || ![...tags.keys()].some((tag) => tag.startsWith('ceph.'))) return []
    const id = tags.get('ceph.osd_id') ?? ''
    const osd = /^\d{1,9}$/.test(id) ? {osd: Number(id)} : {}
    // A device stands with the extent at which the volume begins on it: `/dev/sdg(0)`.
    return devices.split(',').flatMap((part) => {
      const device = part.replace(/\(\d{1,20}\)$/, '')
      return device.startsWith('/') ? [{device, use, ...osd, isEncrypted: tags.get('ceph.encrypted') === '1'}] : []
    })
  })
}

/** `zpool list -HPLv`: a pool begins at the line's start; its devices are indented and stand with their paths. */
export function parsePoolDevices(text: string): PoolDevice[] {
  const found: PoolDevice[] = []
  let pool = ''
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/)
    const [first = '', size = ''] = fields
    if (first.startsWith('/dev/')) found.push({path: first, pool})
    // `log`, `cache`, `spare`: groups of devices, of which no size is told.
    else if (/^\S/.test(line) && size !== '-' && fields.length >= 9) pool = first
  }
  return found
}

/** /proc/mounts: the places of devices, by path. */
export function parseMounts(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [source = '', target = ''] = line.split(' ').map(unescaped)
    if (source.startsWith('/dev/') && target !== '') found.set(source, [...found.get(source) ?? [], target])
  }
  return found
}

/** /proc/swaps: what is swapped to. */
export function parseSwaps(text: string): string[] {
  return text.split('\n').flatMap((line) => line.startsWith('/') ? [unescaped(line.split(/\s/)[0] ?? '')] : [])
}

/** The kernel writes space, tab, line end and backslash as three octal digits (proc(5)). */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}

/** `partx --show --noheadings --output NR,SCHEME,TYPE`: the type of one partition. */
export function parsePartitionType(text: string, number: number): {readonly table: 'gpt' | 'dos'; readonly code: string} | undefined {
  for (const line of text.split('\n')) {
    const [, nr, table, code = ''] = /^\s*(\d{1,5})\s+(gpt|dos)\s+(?:0x)?([0-9a-fA-F-]{1,36})\s*$/.exec(line) ?? []
    if (Number(nr) === number && (table === 'gpt' || table === 'dos')) return {table, code: code.toLowerCase()}
  }
  return undefined
}

/** `sgdisk --print`: the GUID of the table. */
export function parseTableGuid(text: string): string | undefined {
  return /^Disk identifier \(GUID\): ([0-9A-Fa-f-]{36})$/m.exec(text)?.[1]
}

/** `zdb -l`: the comment of the pool in a device's label. */
export function parseZfsComment(text: string): string | undefined {
  return /^ {4}comment: '([^'\n]{1,64})'$/m.exec(text)?.[1]
}
