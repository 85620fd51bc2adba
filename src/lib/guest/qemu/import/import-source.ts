// What is imported: a machine that an OVF manifest describes, with the images that lie beside the manifest, or with it in an OVA archive. Looks
// and changes nothing.
import {createHash} from 'node:crypto'
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {formatOfEnding, readImageFile} from '../../../storage/index.ts'
import type {CopySource, FilePart} from '../../../storage/index.ts'
import {ovaImagePart, ovaManifest, ovaMember, parseDigests, readOvaMembers, readOvaText, utf8Text} from '../../../storage/import/index.ts'
import type {FileDigest} from '../../../storage/import/index.ts'
import {readOvf} from '../ovf/manifest.ts'
import type {OvfMachine} from '../ovf/manifest.ts'
import type {CheckDigest} from '../actions/check-digest.ts'

export interface ImportedDisk {
  /** The key of qm.conf: `scsi0`. */
  readonly address: string
  readonly sizeBytes: number
  /** Absent for a disk that begins empty. */
  readonly source?: CopySource
  /** What it is called there. */
  readonly file?: string
  /** The comparison with the digest that came with it. */
  readonly check?: CheckDigest
}

export interface ImportedMachine {
  readonly machine: OvfMachine
  readonly disks: readonly ImportedDisk[]
  /** What the machine does not get, or what could not be checked, a sentence each. */
  readonly notes: readonly string[]
}

/** Files by their plain names, and the texts among them. */
interface ImportFolder {
  /** @throws NotFoundError */
  find(name: string): Promise<{readonly path: string; readonly part?: FilePart; readonly offsetBytes: number; readonly sizeBytes: number}>
  /** The manifest, or undefined for a text that is not there. */
  text(name: string): Promise<string | undefined>
  readonly manifestName: string
}

/**
 * @param path absolute: a manifest (`.ovf`) or an archive (`.ova`)
 * @throws NotFoundError for a file that is missing; InvalidInputError and UnsupportedError for what a stranger made wrong
 */
export async function readImportSource(path: string, host: Host): Promise<ImportedMachine> {
  const folder = /\.ova$/i.test(path) ? await archiveAt(path, host) : folderOf(path, host)
  const text = await folder.text(folder.manifestName)
  if (text === undefined) throw new NotFoundError(`there is no file ${path}`)
  const machine = readOvf(text)
  const digests = await digestsOf(folder)
  checkText(folder.manifestName, text, digests.get(folder.manifestName))
  const notes: string[] = []
  const disks: ImportedDisk[] = []
  for (const {address, file, capacityBytes} of machine.disks) {
    if (file === undefined) {
      if (capacityBytes === undefined || capacityBytes < 1) throw new InvalidInputError(`${address}: the manifest says no size of the disk`)
      disks.push({address, sizeBytes: capacityBytes})
      continue
    }
    const disk = await imageOf(address, file, folder, digests.get(file), host)
    if (capacityBytes !== undefined && capacityBytes !== disk.sizeBytes) notes.push(`${address}: the manifest says ${capacityBytes} bytes, '${file}' has ${disk.sizeBytes}`)
    if (digests.size > 0 && disk.check === undefined) notes.push(`${address}: there is no digest of '${file}' among those that came with it`)
    disks.push(disk)
  }
  return {machine, disks, notes: [...machine.notes, ...notes]}
}

async function imageOf(address: string, file: string, folder: ImportFolder, digest: FileDigest | undefined, host: Host): Promise<ImportedDisk> {
  const {path, part, offsetBytes, sizeBytes: fileBytes} = await folder.find(file)
  const image = await readImageFile(path, host, formatOfEnding(file), part)
  const check: CheckDigest | undefined = digest === undefined ? undefined : {kind: 'guest.check-digest', path, name: file, offsetBytes, sizeBytes: fileBytes, ...digest}
  return {
    address, file, sizeBytes: image.sizeBytes, source: {path, format: image.format, ...(part === undefined ? {} : {part})},
    ...(check === undefined ? {} : {check}),
  }
}

async function archiveAt(path: string, host: Host): Promise<ImportFolder> {
  const members = await readOvaMembers(host, path)
  return {
    manifestName: ovaManifest(members).name,
    find: async (name) => {
      const member = ovaMember(members, name)
      return {path, part: ovaImagePart(member), offsetBytes: member.offsetBytes, sizeBytes: member.sizeBytes}
    },
    text: async (name) => {
      const member = members.find((found) => found.name === name)
      return member === undefined ? undefined : readOvaText(host, path, member)
    },
  }
}

const maxTextBytes = 4 * 1024 * 1024

function folderOf(manifest: string, host: Host): ImportFolder {
  const slash = manifest.lastIndexOf('/')
  const folder = manifest.slice(0, slash)
  return {
    manifestName: manifest.slice(slash + 1),
    find: async (name) => {
      const path = `${folder}/${name}`
      // A link could lead anywhere on this host, and the manifest chose its name.
      const stat = await host.files.stat(path)
      if (stat?.kind === 'symlink') throw new InvalidInputError(`'${name}' is a link, which is not followed`, {}, {nextSteps: [`Put the file itself into ${folder}.`]})
      if (stat?.kind !== 'file') throw new NotFoundError(`there is no file '${name}' beside the manifest`, {nextSteps: [`It has to lie in ${folder}.`]})
      return {path, offsetBytes: 0, sizeBytes: stat.sizeBytes}
    },
    text: async (name) => {
      const stat = await host.files.stat(`${folder}/${name}`, {followLinks: true})
      return stat?.kind === 'file' ? utf8Text(await host.files.read(`${folder}/${name}`, maxTextBytes), name) : undefined
    },
  }
}

/** The digests beside the manifest, under its name with `.mf`. */
async function digestsOf(folder: ImportFolder): Promise<ReadonlyMap<string, FileDigest>> {
  const text = await folder.text(folder.manifestName.replace(/\.ovf$/i, '.mf'))
  return text === undefined ? new Map() : parseDigests(text)
}

function checkText(name: string, text: string, digest: FileDigest | undefined): void {
  if (digest === undefined || createHash(digest.algorithm).update(text, 'utf8').digest('hex') === digest.hex) return
  throw new InvalidInputError(`'${name}' is damaged or was changed: its ${digest.algorithm.toUpperCase()} is not the one that came with it`, {}, {
    nextSteps: ['Fetch it anew. If you changed it yourself, remove the list of digests (.mf) beside it.'],
  })
}
