// What lies in the folders of a storage: one volume described, or all of them listed.
import {AppError} from '../../base/index.ts'
import type {FileStat, Host} from '../../host/index.ts'
import {parseArchiveName} from '../archive-name.ts'
import {isChainFile, readChain} from './chain.ts'
import type {FolderLayout} from '../naming.ts'
import {contentFolder, folderVolumeName, parseFolderVolumeName, volumePath} from '../naming.ts'
import type {Content, Volume, VolumeId, VolumeName} from '../storage.ts'
import {headerBytes, parseImageHeader} from './image-header.ts'

const maxNotesBytes = 64 * 1024
/** Files looked at side by side; enough to hide the latency of a network file system. */
const parallelLooks = 16

export interface FolderHabits { readonly keepsChains?: boolean }

/** @returns undefined when nothing usable lies there */
export async function describeVolume(host: Host, layout: FolderLayout, id: VolumeId, name: VolumeName, {keepsChains = false}: FolderHabits = {}): Promise<Volume | undefined> {
  const path = volumePath(layout, name)
  const stat = await host.files.stat(path, {followLinks: true})
  if (stat === undefined) return undefined
  const isFolder = name.format === 'subvol'
  if (isFolder ? stat.kind !== 'directory' : stat.kind !== 'file' && stat.kind !== 'block') return undefined
  const common = {...name, id, createdAtMs: stat.mtimeMs}
  if (isFolder) return {...common, sizeBytes: 0}
  switch (name.content) {
    case 'images': return {...common, ...await imageFacts(host, path, name, stat, keepsChains)}
    case 'backup': return {...common, sizeBytes: stat.sizeBytes, ...await backupFacts(host, path, name)}
    default: return {...common, sizeBytes: stat.sizeBytes}
  }
}

async function imageFacts(host: Host, path: string, name: VolumeName, stat: FileStat, keepsChains: boolean): Promise<Pick<Volume, 'sizeBytes' | 'usedBytes' | 'backing'>> {
  const plain = {sizeBytes: stat.sizeBytes, usedBytes: stat.allocatedBytes}
  if (name.format !== 'qcow2' && name.format !== 'vmdk') return plain
  try {
    if (keepsChains && name.format === 'qcow2') {
      // What counts is what the oldest snapshot stands on; the snapshots are part of the disk.
      const {sizeBytes, links, foundation} = await readChain(host, path)
      return {sizeBytes, usedBytes: plain.usedBytes + await allocatedBytes(host, links), ...(foundation === undefined ? {} : {backing: foundation.backing})}
    }
    const header = parseImageHeader(name.format, await host.files.readAt(path, 0, headerBytes))
    return {...plain, sizeBytes: header.virtualSizeBytes, ...(header.backing === undefined ? {} : {backing: header.backing})}
  } catch (error) {
    // A damaged image still takes space and can still be removed, so it is listed with the size of its file.
    if (error instanceof AppError) return plain
    throw error
  }
}

async function allocatedBytes(host: Host, files: readonly {readonly path: string}[]): Promise<number> {
  let bytes = 0
  for (const {path} of files) bytes += (await host.files.stat(path))?.allocatedBytes ?? 0
  return bytes
}

async function backupFacts(host: Host, path: string, name: VolumeName): Promise<Pick<Volume, 'guestType' | 'createdAtMs' | 'notes' | 'isProtected'>> {
  const notes = (await host.files.stat(`${path}.notes`)) === undefined ? undefined
    : (await host.files.readAt(`${path}.notes`, 0, maxNotesBytes)).toString('utf8').trimEnd()
  const isProtected = (await host.files.stat(`${path}.protected`)) !== undefined
  return {...archiveFacts(name.base), ...(notes === undefined ? {} : {notes}), isProtected}
}

function archiveFacts(base: string): Pick<Volume, 'guestType' | 'createdAtMs'> {
  try {
    const {guestType, createdAtMs} = parseArchiveName(base)
    return {guestType, ...(createdAtMs === undefined ? {} : {createdAtMs})}
  } catch {
    // A file in the folder of backups that vzdump did not name: the time of the file stands.
    return {}
  }
}

/** Volumes by content type in the order asked for, then by the names of their files. */
export async function listFolderVolumes(host: Host, storage: string, layout: FolderLayout, contents: readonly Content[], vmid?: number, habits: FolderHabits = {}): Promise<Volume[]> {
  const volumes: Volume[] = []
  for (const content of contents) {
    const all = await volumeNamesIn(host, layout, content, vmid)
    const names = habits.keepsChains === true && content === 'images' ? all.filter(({base}) => !isChainFile(base)) : all
    for (let start = 0; start < names.length; start += parallelLooks) {
      const found = await Promise.all(names.slice(start, start + parallelLooks).map((name) =>
        describeVolume(host, layout, {storage, name: folderVolumeName(name)}, name, habits)))
      volumes.push(...found.filter((volume) => volume !== undefined).map(withParent))
    }
  }
  return volumes
}

/** The id of a linked clone holds its base as well; the image says which by the relative path `../9000/base-9000-disk-0.qcow2`. */
function withParent(volume: Volume): Volume {
  const parent = /^\.\.\/([1-9]\d{0,8}\/base-[^/\s]+\.(?:raw|qcow2|vmdk))$/.exec(volume.backing ?? '')?.[1]
  return parent === undefined ? volume : {...volume, parent, id: {...volume.id, name: `${parent}/${volume.id.name}`}}
}

async function volumeNamesIn(host: Host, layout: FolderLayout, content: Content, vmid: number | undefined): Promise<VolumeName[]> {
  const folder = contentFolder(layout, content)
  if (content === 'rootdir') return []
  if (content !== 'images') {
    const bases = await host.files.list(folder)
    return bases.flatMap((base) => parsedOrNothing(`${content}/${base}`)).filter((name) => vmid === undefined || name.vmid === vmid)
  }
  const owners = vmid === undefined ? (await host.files.list(folder)).filter((owner) => /^[1-9]\d{0,8}$/.test(owner)) : [String(vmid)]
  const names: VolumeName[] = []
  for (const owner of owners) {
    for (const base of await host.files.list(`${folder}/${owner}`)) names.push(...parsedOrNothing(`${owner}/${base}`))
  }
  return names
}

/** Files that are no volumes are not ours to show. */
function parsedOrNothing(name: string): VolumeName[] {
  try {
    return [parseFolderVolumeName(name)]
  } catch {
    return []
  }
}
