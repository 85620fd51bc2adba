// What an archive of a container says about it: its configuration, and which of it comes back. Pure, apart from the look into the archive.
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {formatPropertyString, parseSize} from '../../../spec/index.ts'
import {archivedFiles, filesInBeginning} from '../../../storage/index.ts'
import {containerFiles} from '../../../storage/repository/container-backup.ts'
import {textIn, withBackup} from '../../../storage/repository/find-backup.ts'
import type {Context} from '../../../tasks/index.ts'
import type {RawLine} from '../../guest-config.ts'
import {isMountKey, isUnusedKey, mountPointFormat, netFormat, parseLxcConfig, readMountPoint, withVolume} from '../config/index.ts'
import {readProperties} from '../../read-properties.ts'
import type {ArchiveFile} from '../templates/archive-source.ts'
import {archivedConfigName, archivedFirewallName} from '../templates/extract-argv.ts'

export interface ArchivedContainer {
  readonly values: Readonly<Record<string, string>>
  readonly description?: string
  readonly raw: readonly RawLine[]
  /** The text of its firewall's rules, where there are any. */
  readonly firewall?: string
}

/** Written by the tools, or true of the old container only. */
const ownKeys: ReadonlySet<string> = new Set(['lock', 'parent', 'digest', 'snaptime', 'snapstate', 'template'])
const bytesPerGib = 1024 ** 3

/** @throws NotFoundError when the archive holds no configuration; InvalidInputError when it, or the archive, is damaged, or is of a virtual machine */
export async function containerInArchive({path, name}: ArchiveFile, context: Context): Promise<ArchivedContainer> {
  if (/\.vma(?:\.[a-z0-9]{1,4})?$/.test(path ?? '')) {
    throw new InvalidInputError(`${name} is the backup of a virtual machine`, {ostemplate: 'must be the backup of a container'}, {nextSteps: ['Virtual machines come back by: qmrestore <archive> <vmid>']})
  }
  try {
    if (path === undefined) return archivedContainer(await keptFiles(name, context), name)
    return archivedContainer(await archivedFiles(path, [archivedConfigName, archivedFirewallName], context), name)
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause
    throw new InvalidInputError(`the backup ${name} cannot be read`, {ostemplate: 'cannot be read'}, {cause})
  }
}

/** The files at the beginning of an archive stand beside it as well, where it is kept in a repository. */
async function keptFiles(volume: string, context: Context): Promise<Record<string, Buffer>> {
  return withBackup(volume, context, async (repository, {files}) => {
    const [config, firewall] = [await textIn(repository, files, containerFiles.config), await textIn(repository, files, containerFiles.firewall)]
    return {...(config === undefined ? {} : {[archivedConfigName]: Buffer.from(config)}), ...(firewall === undefined ? {} : {[archivedFirewallName]: Buffer.from(firewall)})}
  })
}

/** Pure: the same from the beginning of a plain archive. */
export function containerInBeginning(start: Buffer, name: string): ArchivedContainer {
  return archivedContainer(filesInBeginning(start, [archivedConfigName, archivedFirewallName]).files, name)
}

function archivedContainer(files: Readonly<Record<string, Buffer>>, name: string): ArchivedContainer {
  const data = files[archivedConfigName]
  if (data === undefined) {
    throw new NotFoundError(`${name} is no backup of a container: it does not begin with ${archivedConfigName}`, {nextSteps: ['A template is for a new container: pct create']})
  }
  const {current} = parseLxcConfig(textOf(data))
  const firewall = files[archivedFirewallName]
  return {
    values: current.values, raw: current.raw ?? [], ...(current.description === undefined ? {} : {description: current.description}),
    ...(firewall === undefined || firewall.length === 0 ? {} : {firewall: textOf(firewall)}),
  }
}

function textOf(data: Buffer): string {
  const text = data.toString('utf8')
  if (!text.includes('\0')) return text
  throw new InvalidInputError('its configuration is no text')
}

/** The keys that come back as they are: all but volumes, which are made anew, and what was true of the old container only. */
export function keptValues({values}: ArchivedContainer, isUnique: boolean): Record<string, string> {
  const kept = Object.entries(values).filter(([key]) => !ownKeys.has(key) && !isMountKey(key) && !isUnusedKey(key))
  return Object.fromEntries(kept.map(([key, text]) => [key, isUnique && /^net\d+$/.test(key) ? withoutAddress(key, text) : text]))
}

function withoutAddress(key: string, text: string): string {
  const properties = readProperties(key, text, netFormat)
  return formatPropertyString(Object.fromEntries(Object.entries(properties).filter(([name]) => name !== 'hwaddr')), netFormat)
}

export interface ArchivedMounts {
  /** `STORAGE:GIB` with the options of the backup, by key. */
  readonly volumes: Readonly<Record<string, string>>
  /** How large each of them was, to the byte. */
  readonly exactBytes: Readonly<Record<string, number>>
  /** Folders and devices of the host, whose files are in no backup. */
  readonly others: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
}

/**
 * The root file system and the mount points as they are made anew on a storage, with the sizes that they had.
 * @throws InvalidInputError naming the key whose size is not known, or a root file system that was no volume
 */
export function archivedMounts({values}: ArchivedContainer, storage: string): ArchivedMounts {
  const volumes: Record<string, string> = {}
  const exactBytes: Record<string, number> = {}
  const others: Record<string, string> = {}
  const warnings: string[] = []
  for (const [key, text] of Object.entries(values).filter(([name]) => isMountKey(name)).sort(([a], [b]) => Number(b === 'rootfs') - Number(a === 'rootfs'))) {
    const point = readMountPoint(key, text)
    if (point.type === 'volume') {
      if (point.size === undefined) throw new InvalidInputError(`the backup does not say how large '${key}' was`, {[key]: 'has to be given'}, {nextSteps: [`Say what to make: --${key} ${storage}:8${key === 'rootfs' ? '' : `,mp=${point.path}`}`]})
      exactBytes[key] = parseSize(point.size)
      volumes[key] = withVolume(key, text, `${storage}:${gibOf(exactBytes[key])}`, undefined)
      continue
    }
    if (key === 'rootfs') throw new InvalidInputError(`the root file system of the backup was ${point.source}, which is no volume`, {rootfs: 'has to be given'}, {nextSteps: [`Say what to make: --rootfs ${storage}:8`]})
    others[key] = text
    if (readProperties(key, text, mountPointFormat).backup === true) warnings.push(`${key} is ${point.source} of the host: what the backup holds of it comes into the root file system`)
  }
  if (volumes['rootfs'] === undefined) throw new InvalidInputError('the backup does not say what its root file system was', {rootfs: 'has to be given'}, {nextSteps: [`Say what to make: --rootfs ${storage}:8`]})
  return {volumes, exactBytes, others, warnings}
}

/** As `STORAGE:GIB` takes it: at most six digits behind the point, and never less than it was. */
function gibOf(sizeBytes: number): string {
  return String(Math.ceil(sizeBytes / bytesPerGib * 1e6) / 1e6)
}

/** What of a restored configuration reaches past the container into the host: said, so that nobody restores a stranger's backup unawares. */
export function reachesHost(values: Readonly<Record<string, string>>, raw: readonly RawLine[]): string[] {
  const keys = Object.entries(values).filter(([key, text]) => /^(?:hookscript|dev\d+)$/.test(key) || isMountKey(key) && readMountPoint(key, text).type !== 'volume').map(([key, text]) => `${key}: ${text}`)
  return [...keys, ...raw.filter(([key]) => key !== 'lxc.idmap').map(([key, value]) => `${key}: ${value}`)]
}
