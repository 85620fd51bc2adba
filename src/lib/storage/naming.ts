// Names on storages that are folders (dir, and later nfs, cifs, cephfs, btrfs): what a volume name means, where its file lies, and which
// volume a file is. The layout is Proxmox VE's, so that a folder can be used by both. Pure.
import {InvalidInputError, withoutSlashesAtEnd} from '../base/index.ts'
import {archiveFormat} from './archive-name.ts'
import type {Content, FileFormat, Format, VolumeName} from './storage.ts'
import {checkVolumeName} from './volume-id.ts'

/** Folders below the storage's path, where `content-dirs` does not say otherwise. */
const defaultFolders: Readonly<Record<Content, string>> = {
  images: 'images', rootdir: 'private', vztmpl: 'template/cache', iso: 'template/iso', backup: 'dump', snippets: 'snippets', import: 'import',
}

export interface FolderLayout {
  /** Where the storage lies. */
  readonly path: string
  /** The option `content-dirs`: folders that differ from the default, relative to the path. */
  readonly contentDirs?: Readonly<Partial<Record<Content, string>>>
}

const imageBase = /^[^/\s]+\.(raw|qcow2|vmdk|subvol)$/
const isoBase = /^[^/]+\.(?:iso|img)$/i
/** OCI images are plain tar archives. */
const templateBase = /^[^/]+\.tar(?:\.(gz|xz|zst|bz2))?$/i
const backupBase = /^[^/]+\.(tgz|(?:tar|vma)(?:\.(?:gz|lzo|zst|bz2))?)$/
const backupOwner = /^vzdump-(?:lxc|openvz|qemu)-(\d{1,9})-/
const importBase = /^[a-zA-Z0-9\-.+=_ ]+\.(ova|ovf|qcow2|raw|vmdk)$/
const diskInArchive = /^[a-zA-Z0-9\-.+=_ ]+\.ova\/[a-zA-Z0-9\-.+=_ ]+\.(qcow2|raw|vmdk)$/

/**
 * What a volume name says, such as `100/vm-100-disk-0.qcow2`, `9000/base-9000-disk-0.qcow2/100/vm-100-disk-0.qcow2`, `iso/debian.iso`.
 * @throws InvalidInputError for names that a folder storage does not have
 */
export function parseFolderVolumeName(name: string): VolumeName {
  checkVolumeName(name)
  const slash = name.indexOf('/')
  const head = name.slice(0, Math.max(slash, 0))
  const rest = name.slice(slash + 1)
  const parsed = /^\d+$/.test(head) ? parseImageName(name) : parseFileName(head, rest)
  if (parsed === undefined) {
    throw new InvalidInputError(
      `'${name.slice(0, 120)}' is not the name of a volume on a directory storage`, {volume: 'has no known form'},
      {nextSteps: ['Names are like 100/vm-100-disk-0.qcow2, iso/debian.iso, vztmpl/debian.tar.zst, backup/vzdump-….vma.zst, snippets/x, import/x.ova.']},
    )
  }
  return parsed
}

function parseImageName(name: string): VolumeName | undefined {
  const [owner = '', base = '', cloneOwner, cloneBase, ...more] = name.split('/')
  if (more.length > 0 || (cloneOwner === undefined) !== (cloneBase === undefined)) return undefined
  const own = parseImageBase(owner, base)
  if (own === undefined || cloneOwner === undefined || cloneBase === undefined) return own
  const clone = parseImageBase(cloneOwner, cloneBase)
  return own.isBase && clone !== undefined ? {...clone, parent: `${owner}/${base}`} : undefined
}

function parseImageBase(owner: string, base: string): VolumeName | undefined {
  const format = imageBase.exec(base)?.[1]
  if (format === undefined || !/^[1-9]\d{0,8}$/.test(owner)) return undefined
  return {content: 'images', format: format as Format, vmid: Number(owner), base, isBase: /^(?:base|basevol)-/.test(base)}
}

function parseFileName(head: string, base: string): VolumeName | undefined {
  const file = (content: Content, format: Format | FileFormat, vmid?: number): VolumeName =>
    ({content, format, base, isBase: false, ...(vmid === undefined ? {} : {vmid})})
  switch (head) {
    case 'iso':
      return isoBase.test(base) ? file('iso', 'iso') : undefined
    case 'vztmpl': {
      const match = templateBase.exec(base)
      if (match === null) return undefined
      const compression = match[1]?.toLowerCase()
      return file('vztmpl', compression === undefined ? 'tar' : `t${compression}` as FileFormat)
    }
    case 'rootdir':
      return /^[1-9]\d{0,8}$/.test(base) ? file('rootdir', 'subvol', Number(base)) : undefined
    case 'backup': {
      const suffix = backupBase.exec(base)?.[1]
      if (suffix === undefined) return undefined
      const {format, compression} = archiveFormat(suffix)
      const owner = backupOwner.exec(base)?.[1]
      return file('backup', compression === undefined ? format : `${format}.${compression}`, owner === undefined ? undefined : Number(owner))
    }
    case 'snippets':
      return base === '' || base.includes('/') ? undefined : file('snippets', 'snippet')
    case 'import': {
      const inArchive = diskInArchive.exec(base)?.[1]
      if (inArchive !== undefined) return file('import', `ova+${inArchive}` as FileFormat)
      const extension = importBase.exec(base)?.[1]
      return extension === undefined ? undefined : file('import', extension as Format | FileFormat)
    }
    default:
      return undefined
  }
}

/** The volume name of a file in a content folder; the reverse of parseFolderVolumeName for names without a parent. */
export function folderVolumeName(parsed: Pick<VolumeName, 'content' | 'base' | 'vmid'>): string {
  return parsed.content === 'images' ? `${parsed.vmid ?? 0}/${parsed.base}` : `${parsed.content}/${parsed.base}`
}

/** The folder of a content type. @throws InvalidInputError when the storage has no path */
export function contentFolder(layout: {readonly path?: string} & Omit<FolderLayout, 'path'>, content: Content): string {
  if (layout.path === undefined || layout.path === '') throw new InvalidInputError('the storage has no path', {path: 'is missing'})
  return `${layout.path}/${layout.contentDirs?.[content] ?? defaultFolders[content]}`
}

/** Where the volume's file or folder lies. */
export function volumePath(layout: FolderLayout, name: VolumeName): string {
  const folder = contentFolder(layout, name.content)
  return name.content === 'images' ? `${folder}/${name.vmid ?? 0}/${name.base}` : `${folder}/${name.base}`
}

/**
 * Which volume the file at a path is, judged by the path alone.
 * @returns the volume's name, or undefined when it is none of this storage
 */
export function volumeNameOfPath(layout: FolderLayout, path: string): {name: string; parsed: VolumeName} | undefined {
  const plain = withoutSlashesAtEnd(path)
  for (const content of Object.keys(defaultFolders) as Content[]) {
    const folder = `${contentFolder(layout, content)}/`
    if (!plain.startsWith(folder)) continue
    const below = plain.slice(folder.length)
    const name = content === 'images' ? below : `${content}/${below}`
    try {
      const parsed = parseFolderVolumeName(name)
      if (parsed.content === content && parsed.parent === undefined) return {name, parsed}
    } catch {
      // Not a volume in this folder; with content-dirs another content type may share it.
    }
  }
  return undefined
}

/** The number n of `vm-<vmid>-disk-<n>` and its relatives, for a search of the next free one. */
export function diskNumber(base: string, vmid: number): number | undefined {
  const match = /^(?:vm|base|subvol|basevol)-(\d{1,9})-disk-(\d{1,6})(?:\.|$)/.exec(base)
  return match !== null && Number(match[1]) === vmid ? Number(match[2]) : undefined
}
