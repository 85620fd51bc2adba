// A virtual machine whose backup lies in a repository and is no file: what is in it, as of an archive, and the action that fills volumes with its disks.
import {openVolume, parseVolumeId} from '../../../storage/index.ts'
import type {ArchivedMachine} from '../../../storage/archive/index.ts'
import type {RepositoryFill} from '../../../storage/repository/index.ts'
import type {Context} from '../../../tasks/index.ts'

/** @param archive as it was given @returns undefined for what is an archive @throws as withKeptMachine */
export async function keptMachine(archive: string, context: Context): Promise<ArchivedMachine | undefined> {
  if (archive === '-' || archive.startsWith('/') || !await isInRepository(archive, context)) return undefined
  const {withKeptMachine} = await import('../../../storage/repository/index.ts')
  return withKeptMachine(archive, context, async ({config, firewall, disks}) => ({
    config, firewall, disks: disks.map(({name, sizeBytes}, index) => ({number: index + 1, name, sizeBytes})),
  }))
}

/** Pure. @param disks by their numbers in `machine` */
export function fillFromKept(backup: string, machine: ArchivedMachine, disks: readonly {readonly number: number; readonly sizeBytes: number; readonly volume: string}[], bandwidthKib: number): RepositoryFill {
  return {
    kind: 'volume.fill-from-repository', backup, ...(bandwidthKib === 0 ? {} : {bandwidthKib}),
    disks: disks.map(({number, sizeBytes, volume}) => ({name: machine.disks.find((disk) => disk.number === number)?.name ?? '', sizeBytes, volume})),
  }
}

async function isInRepository(volume: string, context: Context): Promise<boolean> {
  parseVolumeId(volume)
  return (await openVolume(volume, context)).storage.repository !== undefined
}
