// A virtual machine in a repository: a snapshot whose tree holds its configuration files and a file for each disk. It knows no QEMU; whoever reads the disks pushes what it
// reads, and what is read from here is a disk source.
import {InvalidInputError} from '../../base/index.ts'
import type {NamedDiskSource} from '../archive/disk-source.ts'
import type {VmaDiskSink} from '../archive/vma-stream.ts'
import {diskFileName, diskInRepository, diskNameOf} from './disk-blobs.ts'
import {DiskWriter} from './disk-writer.ts'
import type {Repository} from './repository.ts'
import type {SnapshotRecord} from './snapshot-record.ts'
import type {TreeFile} from './tree.ts'
import {formatTree, parseTree} from './tree.ts'

/** The names of the configuration files in the tree. */
export const machineFiles = {config: 'qemu-server.conf', firewall: 'fw.conf'} as const
const maxConfigBytes = 1024 * 1024
const fileMode = 0o600

export interface MachineToSave {
  readonly config: string
  readonly firewall: string | undefined
  readonly disks: readonly DiskToSave[]
}

export interface DiskToSave {
  /** As in VMA archives: `drive-scsi0`. */
  readonly name: string
  readonly sizeBytes: number
  /** Its blobs in the parent; given when only what changed since then is pushed. */
  readonly parent?: readonly string[]
}

export interface SavedMachine {
  /** Of the snapshot. */
  readonly id: string
  /** Of the disks, that were read. */
  readonly readBytes: number
  /** Of the disks, that the repository did not have. */
  readonly newBytes: number
}

/**
 * Reads the disks by `fill` and publishes the snapshot.
 * @param fill pushes the disks' clusters into the sinks, which stand in the order of the disks
 * @throws what `fill` throws, and the repository; AppError when a cluster of a disk did not come
 */
export async function saveMachine(
  repository: Repository, {config, firewall, disks}: MachineToSave, record: Omit<SnapshotRecord, 'tree'>,
  fill: (sinks: readonly VmaDiskSink[]) => Promise<void>, onBytes: (diskBytes: number) => void = () => undefined,
): Promise<SavedMachine> {
  await repository.readIndex()
  const writers = disks.map((disk) => new DiskWriter(disk, repository, onBytes))
  await fill(writers)
  const written = await Promise.all(writers.map((writer) => writer.finish()))
  const common = {type: 'file', modifiedAtMs: record.takenAtMs, mode: fileMode} as const
  const files: TreeFile[] = disks.map(({name, sizeBytes}, index) => ({...common, name: diskFileName(name), sizeBytes, content: written[index]?.content ?? []}))
  for (const [name, text] of [[machineFiles.config, config], [machineFiles.firewall, firewall]] as const) {
    if (text === undefined) continue
    const data = Buffer.from(text)
    files.push({...common, name, sizeBytes: data.length, content: data.length === 0 ? [] : [(await repository.save('data', data)).id]})
  }
  const {id: tree} = await repository.save('tree', formatTree(files))
  const id = await repository.saveSnapshot({...record, tree})
  return {id, readBytes: sum(written.map((disk) => disk.readBytes)), newBytes: sum(written.map((disk) => disk.newBytes))}
}

/** A machine as it stands in a repository. */
export interface KeptMachine {
  readonly config: string
  readonly firewall: string | undefined
  readonly disks: readonly KeptDisk[]
}

export interface KeptDisk extends NamedDiskSource {
  /** Its blobs, for the next backup. */
  readonly content: readonly string[]
}

/** Of the disks nothing is read yet. @param tree of the snapshot @throws InvalidInputError when it is no machine, or damaged */
export async function openMachine(repository: Repository, tree: string): Promise<KeptMachine> {
  const files = parseTree(await repository.load('tree', tree)).filter((node): node is TreeFile => node.type === 'file')
  const config = files.find(({name}) => name === machineFiles.config)
  if (config === undefined) throw new InvalidInputError(`the backup holds no ${machineFiles.config}`)
  const firewall = files.find(({name}) => name === machineFiles.firewall)
  const disks = files.filter(({name}) => diskNameOf(name) !== undefined)
    .map((file): KeptDisk => ({...diskInRepository(file, (id) => repository.load('data', id)), content: file.content}))
  return {config: await textOf(repository, config), firewall: firewall === undefined ? undefined : await textOf(repository, firewall), disks}
}

/** The blobs that a disk of this size keeps where nothing new comes; undefined when it has to be read as a whole, also because one of them is lost. */
export function parentBlobs(repository: Pick<Repository, 'has'>, machine: Pick<KeptMachine, 'disks'>, name: string, sizeBytes: number): readonly string[] | undefined {
  const disk = machine.disks.find((each) => each.name === name)
  return disk?.sizeBytes === sizeBytes && disk.content.every((id) => repository.has('data', id)) ? disk.content : undefined
}

async function textOf(repository: Repository, {name, sizeBytes, content}: TreeFile): Promise<string> {
  if (sizeBytes > maxConfigBytes || content.length > 1) throw new InvalidInputError(`the backup is damaged: its ${name} has ${sizeBytes} bytes`)
  const [id] = content
  const data = id === undefined ? Buffer.alloc(0) : await repository.load('data', id)
  if (data.length !== sizeBytes) throw new InvalidInputError(`the backup is damaged: its ${name} does not have its ${sizeBytes} bytes`)
  const text = data.toString('utf8')
  if (text.includes('\0')) throw new InvalidInputError(`the backup is damaged: its ${name} is no text`)
  return text
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
