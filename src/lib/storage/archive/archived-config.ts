// The configuration of the guest in a backup, read from the beginning of its archive.
import {InvalidInputError, NotFoundError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import type {ArchiveCompression} from '../archive-name.ts'
import {parseArchiveName} from '../archive-name.ts'
import {inputHeader} from './input-archive.ts'
import {plainBeginning} from './plain-beginning.ts'
import {findInTar} from './tar-beginning.ts'
import type {VmaHeader} from './vma-header.ts'
import {parseVmaHeader, vmaFixedBytes, vmaHeaderBytes} from './vma-header.ts'

const maxConfigBytes = 1024 * 1024
/** vzdump puts a container's configuration before all else. */
const lookedAtBytes = [64 * 1024, 4 * 1024 * 1024] as const
const names = {vma: 'qemu-server.conf', firewall: 'qemu-server.fw', tar: 'etc/vzdump/pct.conf', openvz: 'etc/vzdump/vps.conf'} as const

/**
 * The text of the configuration, as it stands in the archive.
 * @param path of the archive; its name says what it is
 * @throws InvalidInputError when it is damaged or no backup; NotFoundError when it, or a configuration in it, is not there; UnavailableError
 */
export async function archivedConfig(path: string, context: Pick<Context, 'host' | 'signal'>): Promise<string> {
  const archive = parseArchiveName(path)
  const {format, compression, guestType, fileName} = archive
  if ((await context.host.files.stat(path, {followLinks: true}))?.kind !== 'file') throw new NotFoundError(`there is no backup ${fileName}`)
  try {
    if (format === 'vma') return textOf(await vmaConfig(path, compression, context))
    return textOf(await tarConfig(path, compression, guestType === 'openvz' ? names.openvz : names.tar, context))
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(`the backup ${fileName} cannot be read`, {volume: 'cannot be read'}, {cause: error})
  }
}

/** What is in the archive of a virtual machine. */
export interface ArchivedMachine {
  /** The text of its configuration. */
  readonly config: string
  /** The text of its firewall's. */
  readonly firewall: string | undefined
  readonly disks: VmaHeader['disks']
}

/**
 * What the header of a VMA archive says; of the rest nothing is read.
 * @throws as archivedConfig
 */
export async function archivedMachine(path: string, context: Pick<Context, 'host' | 'signal'>): Promise<ArchivedMachine> {
  const {format, compression, fileName} = parseArchiveName(path)
  if (format !== 'vma') throw new InvalidInputError(`${fileName} is no backup of a virtual machine`, {archive: 'must be a VMA archive'}, {nextSteps: ['Containers come back by: pct restore <vmid> <archive>']})
  if ((await context.host.files.stat(path, {followLinks: true}))?.kind !== 'file') throw new NotFoundError(`there is no backup ${fileName}`)
  try {
    return machineOf(await vmaHeader(path, compression, context))
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(`the backup ${fileName} cannot be read`, {archive: 'cannot be read'}, {cause: error})
  }
}

/** The same of what comes on standard input. @throws as inputHeader */
export async function machineOnInput(context: Pick<Context, 'host' | 'signal' | 'clock' | 'terminal'>): Promise<ArchivedMachine> {
  return machineOf(await inputHeader(context))
}

/** Pure. @throws InvalidInputError when it holds no configuration */
function machineOf({configs, disks}: VmaHeader): ArchivedMachine {
  const config = configs.find(({name}) => name === names.vma)
  const firewall = configs.find(({name}) => name === names.firewall)
  if (config === undefined) throw new InvalidInputError(`it holds no ${names.vma}`)
  return {config: textOf(config.data), firewall: firewall === undefined ? undefined : textOf(firewall.data), disks}
}

async function vmaHeader(path: string, compression: ArchiveCompression | undefined, context: Pick<Context, 'host' | 'signal'>): Promise<VmaHeader> {
  const wholeBytes = vmaHeaderBytes(await plainBeginning(path, compression, vmaFixedBytes, context))
  return parseVmaHeader(await plainBeginning(path, compression, wholeBytes, context))
}

async function vmaConfig(path: string, compression: ArchiveCompression | undefined, context: Pick<Context, 'host' | 'signal'>): Promise<Buffer> {
  const {configs} = await vmaHeader(path, compression, context)
  const found = configs.find(({name}) => name === names.vma)
  if (found !== undefined) return found.data
  throw new InvalidInputError(`it holds no ${names.vma}`)
}

async function tarConfig(path: string, compression: ArchiveCompression | undefined, name: string, context: Pick<Context, 'host' | 'signal'>): Promise<Buffer> {
  for (const maxBytes of lookedAtBytes) {
    const {data, isOver} = findInTar(await plainBeginning(path, compression, maxBytes, context), name, maxConfigBytes)
    if (data !== undefined) return data
    if (isOver) break
  }
  throw new InvalidInputError(`it does not begin with ${name}`)
}

function textOf(data: Buffer): string {
  const text = data.toString('utf8')
  if (!text.includes('\0')) return text
  throw new InvalidInputError('its configuration is no text')
}
