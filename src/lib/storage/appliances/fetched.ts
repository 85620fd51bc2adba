// The indexes that `pveam update` has fetched: a file for each address below the state folder, in the form in which they came.
import {createHash} from 'node:crypto'
import {NotFoundError, UnavailableError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import type {Appliance} from './index-file.ts'
import {parseIndex} from './index-file.ts'
import {readIndexSettings} from './settings.ts'

/** Proxmox VE's own have some hundred kilobytes. */
export const maxIndexBytes = 16 * 1024 ** 2

/** Pure. */
export function fetchedPath({places}: Pick<Context, 'places'>, index: string): string {
  return `${places.stateDir}/aplinfo/${createHash('sha256').update(index).digest('hex').slice(0, 16)}.dat`
}

export interface KnownAppliance extends Appliance {
  /** The index that has it. */
  readonly index: string
}

/** All templates of all indexes. @throws UnavailableError when there are no indexes, or none was fetched yet */
export async function knownAppliances(context: Pick<Context, 'host' | 'store' | 'places'>): Promise<KnownAppliance[]> {
  const {settings: {indexes}} = await readIndexSettings(context.store)
  if (indexes.length === 0) throw noIndex()
  const texts = await Promise.all(indexes.map(async (index) => ({index, text: await textOf(context, index)})))
  const known = texts.flatMap(({index, text}) => text === undefined ? [] : parseIndex(text).map((appliance) => ({...appliance, index})))
  if (texts.every(({text}) => text === undefined)) throw new UnavailableError('no index of templates was fetched yet', {nextSteps: ['pveam update']})
  return known
}

export function noIndex(): UnavailableError {
  return new UnavailableError('no index of container templates is set', {nextSteps: ['Name one, by its address or as a file: pveam update --index https://example.org/images/aplinfo.dat.gz']})
}

async function textOf({host, places}: Pick<Context, 'host' | 'places'>, index: string): Promise<string | undefined> {
  try {
    return await host.files.readText(fetchedPath({places}, index), maxIndexBytes)
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

/** Where the template lies: relative locations count from the folder of the index. Pure. */
export function locationOf({index, location}: Pick<KnownAppliance, 'index' | 'location'>): string {
  if (/^https?:\/\//i.test(location)) return location
  const relative = location.replace(/^\/+/, '')
  return index.startsWith('/') ? `${index.slice(0, index.lastIndexOf('/'))}/${relative}` : new URL(relative, index).href
}
