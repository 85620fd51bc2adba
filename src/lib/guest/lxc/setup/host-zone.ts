// The time zone that a container is to have, by what the host knows of it.
import {AppError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import type {TimeZone} from './setup.ts'

const folder = '/usr/share/zoneinfo'
const localtime = '/etc/localtime'
const maxBytes = 256 * 1024

/** @param wanted the value of `timezone`; undefined to leave the container's as it is */
export async function zoneFor(wanted: string | undefined, {files}: Pick<Host, 'files'>): Promise<TimeZone | undefined> {
  if (wanted === undefined) return undefined
  try {
    const path = await files.realPath(wanted === 'host' ? localtime : `${folder}/${wanted}`)
    const name = wanted === 'host' ? path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined : wanted
    return {...(name === undefined ? {} : {name}), data: await files.read(path, maxBytes)}
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'internal') throw error
    // A host without a zone keeps UTC.
    return {name: wanted === 'host' ? 'Etc/UTC' : wanted}
  }
}
