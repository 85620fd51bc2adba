// Writes a small ISO 9660 image with Rock Ridge (which Linux reads) and Joliet (which Windows reads), in memory: cloud-init's drives hold a
// handful of small files with secrets in them, which so never lie in a folder of the host for a program to collect. The same
// files give the same bytes. Pure. After ECMA-119, IEEE P1282 and Microsoft's Joliet specification.
import {InvalidInputError} from '../../../base/index.ts'
import {both16, both32, directoryRecord, modeField, nameField, noVolumeDate, rockRidgeFields, sectorBytes, sectorsOf} from './iso-fields.ts'
import {isoName, jolietName, ucs2} from './iso-names.ts'

export interface IsoFile {
  /** `openstack/latest/user_data`: of letters, digits, `.`, `_` and `-`. */
  readonly path: string
  readonly data: Buffer
}

interface Folder {
  readonly name: string
  readonly parent: Folder | undefined
  readonly folders: Folder[]
  readonly files: {readonly name: string; readonly data: Buffer; readonly sector: number}[]
}

/** The plain table with Rock Ridge, and Joliet's. */
interface Table {
  readonly isJoliet: boolean
  /** Where each folder's records and the tables of paths lie. */
  readonly folderSectors: ReadonlyMap<Folder, number>
  readonly pathSectors: {readonly little: number; readonly big: number}
}

/** Volume descriptors begin here; what is before belongs to the system. */
const firstDescriptor = 16
const descriptors = 3

/**
 * The image, filled up to its size.
 * @throws InvalidInputError when the files do not fit
 */
export function isoImage(label: string, files: readonly IsoFile[], imageBytes: number): Buffer {
  const root: Folder = {name: '', parent: undefined, folders: [], files: []}
  for (const {path} of files) makeFolder(root, path.split('/').slice(0, -1))
  const folders = inOrder(root)
  let next = firstDescriptor + descriptors
  // A table of paths of that few folders takes one sector, and so do the records of each.
  const pathSectors = () => ({little: next++, big: next++})
  const table = (isJoliet: boolean): Table => ({isJoliet, pathSectors: pathSectors(), folderSectors: new Map(folders.map(folder => [folder, next++]))})
  const tables = [table(false), table(true)]
  for (const {path, data} of files) {
    const names = path.split('/')
    makeFolder(root, names.slice(0, -1)).files.push({name: names.at(-1) ?? '', data, sector: next})
    next += sectorsOf(data.length)
  }
  const usedBytes = next * sectorBytes
  if (usedBytes > imageBytes) {
    throw new InvalidInputError(`the files for cloud-init do not fit its drive: they need ${usedBytes} bytes and there are ${imageBytes}`, {}, {nextSteps: ['Make the snippets of `cicustom` smaller.']})
  }
  const image = Buffer.alloc(imageBytes)
  tables.forEach((each, index) => { writeTable(image, each, folders, label, firstDescriptor + index, next) })
  Buffer.concat([Buffer.from([255]), Buffer.from('CD001\u0001', 'latin1')]).copy(image, (firstDescriptor + 2) * sectorBytes)
  for (const folder of folders) for (const {data, sector} of folder.files) data.copy(image, sector * sectorBytes)
  return image
}

function makeFolder(root: Folder, names: readonly string[]): Folder {
  return names.reduce((parent, name) => {
    const known = parent.folders.find(folder => folder.name === name)
    if (known !== undefined) return known
    const made: Folder = {name, parent, folders: [], files: []}
    parent.folders.push(made)
    return made
  }, root)
}

/** A level after the other, as tables of paths want it. */
function inOrder(root: Folder): Folder[] {
  const all = [root]
  for (const folder of all) all.push(...folder.folders.sort((a, b) => (a.name < b.name ? -1 : 1)))
  return all
}

function writeTable(image: Buffer, table: Table, folders: readonly Folder[], label: string, descriptor: number, sectors: number): void {
  const paths = [false, true].map(isBig => pathTable(table, folders, isBig)) as [Buffer, Buffer]
  paths[0].copy(image, table.pathSectors.little * sectorBytes)
  paths[1].copy(image, table.pathSectors.big * sectorBytes)
  for (const folder of folders) folderRecords(table, folder).copy(image, sectorOf(table, folder) * sectorBytes)
  volumeDescriptor(table, folders, label, paths[0].length, sectors).copy(image, descriptor * sectorBytes)
}

function sectorOf({folderSectors}: Table, folder: Folder): number {
  return folderSectors.get(folder) ?? 0
}

function folderRecords(table: Table, folder: Folder): Buffer {
  const {isJoliet} = table
  const rock = (name: string, isFolder: boolean) => (isJoliet ? Buffer.alloc(0) : Buffer.concat([modeField(isFolder), nameField(name)]))
  const plain = isJoliet ? Buffer.alloc(0) : modeField(true)
  const nameOf = isJoliet ? jolietName : isoName
  const own = {sector: sectorOf(table, folder), bytes: sectorBytes, isFolder: true}
  const parent = {...own, sector: sectorOf(table, folder.parent ?? folder)}
  const members = [
    ...folder.folders.map(each => ({name: nameOf(each.name, true), sector: sectorOf(table, each), bytes: sectorBytes, isFolder: true, systemUse: rock(each.name, true)})),
    ...folder.files.map(({name, data, sector}) => ({name: nameOf(name, false), sector, bytes: data.length, isFolder: false, systemUse: rock(name, false)})),
  ].sort((a, b) => Buffer.compare(a.name, b.name))
  return Buffer.concat([
    directoryRecord({...own, name: Buffer.from([0]), systemUse: folder.parent === undefined && !isJoliet ? rockRidgeFields() : plain}),
    directoryRecord({...parent, name: Buffer.from([1]), systemUse: plain}),
    ...members.map(directoryRecord),
  ])
}

function pathTable(table: Table, folders: readonly Folder[], isBig: boolean): Buffer {
  return Buffer.concat(folders.map(folder => {
    const name = folder.parent === undefined ? Buffer.from([0]) : (table.isJoliet ? jolietName : isoName)(folder.name, true)
    const head = Buffer.alloc(8)
    head.writeUInt8(name.length, 0)
    const parent = folders.indexOf(folder.parent ?? folder) + 1
    if (isBig) { head.writeUInt32BE(sectorOf(table, folder), 2); head.writeUInt16BE(parent, 6) }
    else { head.writeUInt32LE(sectorOf(table, folder), 2); head.writeUInt16LE(parent, 6) }
    return Buffer.concat([head, name, Buffer.alloc(name.length % 2)])
  }))
}

/** The primary descriptor (8.4), or Joliet's supplementary one (8.5), which says so by an escape sequence. */
function volumeDescriptor(table: Table, folders: readonly Folder[], label: string, pathTableBytes: number, sectors: number): Buffer {
  const {isJoliet, pathSectors} = table
  const descriptor = Buffer.alloc(sectorBytes)
  const text = (value: string, bytes: number) => (isJoliet ? Buffer.concat([ucs2(value), ucs2(' '.repeat(bytes))]).subarray(0, bytes) : Buffer.from(value.padEnd(bytes), 'latin1'))
  const number = (value: number, isBig: boolean) => {
    const buffer = Buffer.alloc(4)
    if (isBig) buffer.writeUInt32BE(value)
    else buffer.writeUInt32LE(value)
    return buffer
  }
  const root = directoryRecord({name: Buffer.from([0]), sector: sectorOf(table, folders[0] as Folder), bytes: sectorBytes, isFolder: true, systemUse: Buffer.alloc(0)})
  const fields: readonly (readonly [offset: number, data: Buffer])[] = [
    [0, Buffer.from([isJoliet ? 2 : 1])], [1, Buffer.from('CD001\u0001', 'latin1')], [8, text('LINUX', 32)], [40, text(label, 32)], [80, both32(sectors)],
    [88, isJoliet ? Buffer.from('%/E', 'latin1') : Buffer.alloc(3)], [120, both16(1)], [124, both16(1)], [128, both16(sectorBytes)], [132, both32(pathTableBytes)],
    [140, number(pathSectors.little, false)], [148, number(pathSectors.big, true)], [156, root],
    [190, text('', 128)], [318, text('', 128)], [446, text('', 128)], [574, text('CORRAL', 128)], [702, text('', 37)], [739, text('', 37)], [776, text('', 37)],
    [813, noVolumeDate], [830, noVolumeDate], [847, noVolumeDate], [864, noVolumeDate], [881, Buffer.from([1])],
  ]
  for (const [offset, data] of fields) data.copy(descriptor, offset)
  return descriptor
}
