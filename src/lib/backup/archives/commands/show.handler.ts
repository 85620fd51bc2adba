// corral backup show: what the name and the beginning of an archive say.
import {NotFoundError, printable} from '../../../base/index.ts'
import {archivedMachine} from '../../../storage/archive/index.ts'
import {archivedConfig} from '../../../storage/archive/archived-config.ts'
import {openVolume} from '../../../storage/index.ts'
import type {Volume} from '../../../storage/index.ts'
import {textIn, withBackup} from '../../../storage/repository/find-backup.ts'
import type {Context} from '../../../tasks/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {openBackup} from '../open-backup.ts'
import {spec} from './show.spec.ts'

/** Of a backup that lies in a repository. */
async function shownKept(volume: string, {guestType = 'lxc', vmid, createdAtMs, sizeBytes}: Volume, context: Context): Promise<Shown> {
  const {files, config} = await withBackup(volume, context, async (repository, backup) => ({files: backup.files, config: await textIn(repository, backup.files, guestType === 'qemu' ? 'qemu-server.conf' : 'pct.conf') ?? ''}))
  const disks = files.filter(({name}) => name.endsWith('.raw')).map(({name, sizeBytes: size}) => ({name: name.slice(0, -'.raw'.length), size}))
  return {
    volid: volume, type: guestType, ...(vmid === undefined ? {} : {vmid}), format: 'restic', compression: 'zst', ...(createdAtMs === undefined ? {} : {ctime: Math.trunc(createdAtMs / 1000)}),
    size: sizeBytes, ...(guestType === 'qemu' ? {disks} : {}), config,
  }
}

interface Shown {
  readonly volid: string
  readonly type: string
  readonly vmid?: number
  readonly format: string
  readonly compression: string
  readonly ctime?: number
  readonly size: number
  readonly disks?: readonly {readonly name: string; readonly size: number}[]
  readonly config: string
}

export const handler = handleRead(spec, async ({volume}, context): Promise<Shown> => {
  const {storage, id} = await openVolume(volume, context)
  if (storage.repository !== undefined) return shownKept(volume, await storage.volume(id), context)
  const {path, archive: {guestType, vmid, format, compression, createdAtMs, fileName}} = await openBackup(volume, context)
  const stat = await context.host.files.stat(path, {followLinks: true})
  if (stat?.kind !== 'file') throw new NotFoundError(`there is no backup ${fileName}`)
  const machine = format === 'vma' ? await archivedMachine(path, context) : undefined
  return {
    volid: volume, type: guestType, ...(vmid === undefined ? {} : {vmid}), format, compression: compression ?? 'none',
    ...(createdAtMs === undefined ? {} : {ctime: Math.trunc(createdAtMs / 1000)}), size: stat.sizeBytes,
    ...(machine === undefined ? {} : {disks: machine.disks.map(({name, sizeBytes}) => ({name, size: sizeBytes}))}),
    config: machine?.config ?? await archivedConfig(path, context),
  }
}, ({volid, type, vmid, format, compression, size, disks = [], config}) => [
  `backup: ${printable(volid)}`, `guest: ${type}${vmid === undefined ? '' : ` ${vmid}`}`, `archive: ${format}, compression ${compression}, ${size} bytes`,
  ...disks.map((disk) => `disk ${printable(disk.name)}: ${disk.size} bytes`), '', ...config.trimEnd().split('\n').map(printable),
])
