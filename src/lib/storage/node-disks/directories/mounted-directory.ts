// A file system of this host that is mounted below /mnt/pve at every boot: by a unit of systemd, as Proxmox VE does it, or by a line of /etc/fstab
// where there is no systemd. The texts of both, pure.

export interface MountedDirectory {
  /** `/mnt/pve/<name>`. */
  readonly path: string
  /** What is mounted: `/dev/disk/by-uuid/…`, or `UUID=…` in fstab. */
  readonly device: string
  readonly type: string
  readonly options: string
  /** Where that is said: the path of the unit, or /etc/fstab. */
  readonly unitfile: string
}

export const directoriesFolder = '/mnt/pve'
export const unitFolder = '/etc/systemd/system'
export const fstabPath = '/etc/fstab'

export function directoryPath(name: string): string {
  return `${directoriesFolder}/${name}`
}

/** The name that systemd wants for the unit of this mount point (systemd.unit(5), string escaping). */
export function unitNameFor(name: string): string {
  const escaped = [...Buffer.from(name)].map((byte, index) => {
    const char = String.fromCharCode(byte)
    return /[a-zA-Z0-9_:]/.test(char) || char === '.' && index > 0 ? char : `\\x${byte.toString(16).padStart(2, '0')}`
  }).join('')
  return `mnt-pve-${escaped}.mount`
}

/** A mount unit (systemd.mount(5)). */
export function formatMountUnit({name, uuid, type}: {readonly name: string; readonly uuid: string; readonly type: string}): string {
  return [
    '[Unit]', `Description=The directory ${name} of Corral`, '',
    '[Mount]', `What=/dev/disk/by-uuid/${uuid}`, `Where=${directoryPath(name)}`, `Type=${type}`, 'Options=defaults', '',
    '[Install]', 'WantedBy=multi-user.target', '',
  ].join('\n')
}

/** The section [Mount] of a unit; undefined when it mounts nothing below /mnt/pve. A later line of a name stands for an earlier one. */
export function parseMountUnit(text: string, unitfile: string): MountedDirectory | undefined {
  const values = new Map<string, string>()
  let section = ''
  for (const line of text.split('\n')) {
    const head = /^\[([A-Za-z]{1,40})\]\s*$/.exec(line)?.[1]
    if (head !== undefined) section = head
    const [, key, value = ''] = /^([A-Z][A-Za-z]{0,60})\s*=(.*)$/.exec(line) ?? []
    if (section === 'Mount' && key !== undefined) values.set(key, value.trim())
  }
  const path = withoutSlashes(values.get('Where') ?? '')
  if (!isDirectoryPath(path)) return undefined
  return {path, device: values.get('What') ?? '', type: values.get('Type') ?? '', options: values.get('Options') ?? '', unitfile}
}

/** The lines of fstab(5) that mount a device below /mnt/pve. */
export function parseFstab(text: string): MountedDirectory[] {
  return text.split('\n').flatMap((line) => {
    const [device = '', path = '', type = '', options = ''] = line.trim().split(/\s+/)
    return /^(?:UUID=|\/dev\/)/.test(device) && isDirectoryPath(path) ? [{device, path, type, options, unitfile: fstabPath}] : []
  })
}

export function fstabLine({name, uuid, type}: {readonly name: string; readonly uuid: string; readonly type: string}): string {
  // nofail: a disk that is missing does not keep the host from starting.
  return `UUID=${uuid} ${directoryPath(name)} ${type} defaults,nofail 0 2`
}

/** With the line, once; it is left as it is when it is there. */
export function withFstabLine(text: string, line: string): string {
  if (text.split('\n').includes(line)) return text
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`
}

/** Without the lines that mount this device there. */
export function withoutFstabLine(text: string, {path, device}: Pick<MountedDirectory, 'path' | 'device'>): string {
  return text.split('\n').filter((line) => {
    const [what, where] = line.trim().split(/\s+/)
    return what !== device || where !== path
  }).join('\n')
}

function isDirectoryPath(path: string): boolean {
  return /^\/mnt\/pve\/[A-Za-z][A-Za-z0-9._-]{0,100}$/.test(path)
}

/** Those at the end. */
function withoutSlashes(path: string): string {
  let length = path.length
  while (length > 1 && path[length - 1] === '/') length--
  return path.slice(0, length)
}
