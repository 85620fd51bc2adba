// vzdump.conf: what holds for all backups of a host unless the command or job says otherwise (vzdump.conf(5)). Lines `key: value`.
import {InvalidInputError} from '../../base/index.ts'
import type {Places} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {readExcludePattern} from '../../guest/backup/index.ts'
import type {Params, Values} from '../../spec/index.ts'
import {inspectParams} from '../../spec/index.ts'
import {shellSplit} from '../../spec/shell-words.ts'
import {backupParams} from './backup-params.ts'

/** Of very old files, about snapshots of LVM: a file of Proxmox VE may have it, and it says nothing. */
const oldKey = 'size'

export type BackupOptions = Values<typeof backupParams>

/** As in the file, where an option may stand without the one that it needs on the command line. */
const confParams: Params = Object.fromEntries(Object.entries(backupParams).map(([name, {...schema}]) => [name, {...schema, requires: undefined} as never]))

export function vzdumpConfPath({root}: Places): string {
  return `${root ?? ''}/etc/vzdump.conf`
}

/** @throws InvalidInputError naming the line, or the option that is wrong */
export async function readVzdumpConf(places: Places, {files}: Pick<Host, 'files'>): Promise<BackupOptions> {
  const path = vzdumpConfPath(places)
  if (await files.stat(path, {followLinks: true}) === undefined) return {}
  try {
    return parseVzdumpConf(await files.readText(path, 64 * 1024))
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(`${path} cannot be read`, {}, {cause: error, nextSteps: [`Put it right: see vzdump.conf(5)`]})
  }
}

/** Pure. Empty values set nothing, but for `mailto`, which then names nobody. @throws InvalidInputError */
export function parseVzdumpConf(text: string): BackupOptions {
  const given: Record<string, unknown> = {}
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const [, key, value = ''] = /^([a-z][a-z0-9-]{0,40}):(.*)$/.exec(trimmed) ?? []
    if (key === undefined) throw new InvalidInputError(`line ${index + 1} is not of the form 'key: value'`)
    const plain = value.trim()
    if (key === oldKey || plain === '' && key !== 'mailto') continue
    if (key === 'exclude-path') given[key] = [...given[key] as string[] | undefined ?? [], ...shellSplit(plain)]
    else given[key] = plain
  }
  const {values, fields} = inspectParams(confParams, given, {what: 'key'})
  const wrong = Object.entries(fields).map(([field, reason]) => `'${field}': ${reason}`)
  if (wrong.length > 0) throw new InvalidInputError(wrong.join('; '), fields)
  const options: BackupOptions = values
  options['exclude-path']?.forEach(readExcludePattern)
  return options
}
