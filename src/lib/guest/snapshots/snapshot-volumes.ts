// The volumes that a snapshot is made of, and whether their storages can do it. What is looked up here is data for the plans, which are pure.
import {AppError, ConflictError, NotFoundError, UnsupportedError, errorChain} from '../../base/index.ts'
import {openVolume, parseVolumeId} from '../../storage/index.ts'
import type {StorageContext} from '../../storage/index.ts'

export interface SnapshotVolume {
  readonly key: string
  readonly volume: string
  /** The snapshot lies in an image file (qcow2), which the QEMU of a running machine has open: it has to make it. */
  readonly isInImage: boolean
  /** It is a file of its own, and the disk another one from then on: not beneath a QEMU that has the disk open. */
  readonly isInChain?: boolean
  /** What the storage runs for it, as it would be typed. */
  readonly commands: readonly (readonly string[])[]
}

/** What is to be done to a snapshot of each volume. */
export interface SnapshotChange {
  readonly what: 'create' | 'rollback' | 'remove'
  readonly name: string
}

/** The volumes of a section, each by its key. */
export interface SectionVolumes {
  /** What they are called: `disk`, `volume`. */
  readonly noun: string
  readonly volumes: readonly {readonly key: string; readonly file: string}[]
  /** What helps where one cannot have snapshots. */
  readonly advice: readonly string[]
}

/**
 * The volumes of a section, all of which can have snapshots and, to go back, have this one.
 * @throws UnsupportedError or ConflictError naming every volume that cannot, and why
 */
export async function snapshotVolumes({noun, volumes, advice}: SectionVolumes, change: SnapshotChange, context: StorageContext): Promise<SnapshotVolume[]> {
  const able: SnapshotVolume[] = []
  const faults: {key: string; reason: string; kind: string; nextSteps: readonly string[]}[] = []
  for (const {key, file} of volumes) {
    try {
      able.push(await snapshotVolume(key, file, change, context))
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
      faults.push({key, reason: errorChain(error).join(': '), kind: error.kind, nextSteps: error.nextSteps})
    }
  }
  if (faults.length === 0) return able
  const list = faults.map(({key, reason}) => `${key}: ${reason}`).join('; ')
  const data = {keys: faults.map(({key}) => key)}
  if (change.what === 'rollback' && faults.some(({kind}) => kind === 'not-found' || kind === 'conflict')) {
    throw new ConflictError(`not every ${noun} can go back to the snapshot '${change.name}': ${list}`, {data, nextSteps: [...new Set(faults.flatMap(({nextSteps}) => nextSteps))]})
  }
  throw new UnsupportedError(`not every ${noun} can have snapshots: ${list}`, {
    data, nextSteps: [...advice, `Or take the ${noun} out: ${faults.map(({key}) => key).join(', ')}`],
  })
}

/** Those of a section that can still be reached; what cannot is told and left. */
export async function reachableVolumes({volumes}: Pick<SectionVolumes, 'volumes'>, change: SnapshotChange, context: StorageContext, onFault: (message: string) => void): Promise<SnapshotVolume[]> {
  const able: SnapshotVolume[] = []
  for (const {key, file} of volumes) {
    try {
      able.push(await snapshotVolume(key, file, change, context))
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
      onFault(`the snapshot of ${key} (${file}) is left behind: ${errorChain(error).join(': ')}`)
    }
  }
  return able
}

/** The storages of volumes, each once. Pure. */
export function storagesOf(volumes: readonly string[]): string[] {
  return [...new Set(volumes.map((volume) => parseVolumeId(volume).storage))].sort()
}

async function snapshotVolume(key: string, file: string, {what, name}: SnapshotChange, context: StorageContext): Promise<SnapshotVolume> {
  if (file.startsWith('/')) throw new UnsupportedError(`'${file}' is a path, and only volumes of storages have snapshots`)
  const {storage, id} = await openVolume(file, context)
  const {format} = storage.parseName(id.name)
  const {snapshotFormats} = storage.traits
  if (storage.snapshots === undefined || snapshotFormats.length === 0) throw new UnsupportedError(`storage '${id.storage}' (${storage.config.type}) has no snapshots`)
  if (!snapshotFormats.some((able) => able === format)) {
    throw new UnsupportedError(`storage '${id.storage}' (${storage.config.type}) has snapshots of ${snapshotFormats.join(', ')} only, and ${file} is ${format}`)
  }
  if (what === 'rollback') {
    if (!(await storage.snapshots.list(id)).some((snapshot) => snapshot.name === name)) throw new NotFoundError(`${file} has no snapshot '${name}'`)
    await storage.snapshots.checkRollback?.(id, name)
  }
  const isInChain = format === 'qcow2' && storage.traits.keepsChains === true
  return {key, volume: file, isInImage: format === 'qcow2' && !isInChain, ...isInChain ? {isInChain} : {}, commands: storage.commands({snapshot: what, id, name})}
}
