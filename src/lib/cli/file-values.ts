// Options whose value is the path of a file (`--sshkeys FILE`): the file is read here, on the machine of the caller, before a command goes to a
// host. It knows nothing of what the files mean.
import {resolve} from 'node:path'
import type {CommandSpec} from '../spec/index.ts'
import {findParam} from '../spec/params.ts'

const longestFile = 64 * 1024

/** The parameters with contents in place of paths; URL-encoded where the option wants that. @throws NotFoundError, InvalidInputError for a file that is too large */
export async function withFileValues({params: known}: Pick<CommandSpec, 'params'>, params: Readonly<Record<string, unknown>>, folder = process.cwd()): Promise<Readonly<Record<string, unknown>>> {
  const names = Object.keys(params).filter(name => findParam(known, name)?.schema.fromFile === true && typeof params[name] === 'string')
  if (names.length === 0) return params
  const {localHost} = await import('../host/local/index.ts')
  const {files} = localHost('this machine')
  const read = await Promise.all(names.map(async name => {
    const text = (await files.readText(resolve(folder, String(params[name])), longestFile)).trim()
    return [name, findParam(known, name)?.schema.format === 'urlencoded' ? encodeURIComponent(text) : text] as const
  }))
  return {...params, ...Object.fromEntries(read)}
}
