// Options whose value is the path of a file (`--sshkeys FILE`): the file is read here, on the machine of the caller, before a command goes to a
// host. Paths of files that stay where they are only lose their dependence on the folder; `-` is no path, but standard input or output. It knows nothing of what the files mean.
import {resolve} from 'node:path'
import {AppError, InvalidInputError} from '../base/index.ts'
import type {CommandSpec} from '../spec/index.ts'
import {findParam} from '../spec/params.ts'

const longestFile = 64 * 1024

/** The parameters with contents in place of paths of files to be read, and whole paths in place of relative ones; URL-encoded where the option wants that. @throws InvalidInputError naming the option whose file cannot be read */
export async function withFileValues({params: known}: Pick<CommandSpec, 'params'>, given: Readonly<Record<string, unknown>>, folder?: string): Promise<Readonly<Record<string, unknown>>> {
  const paths = Object.entries(given).filter(([name, value]) => typeof value === 'string' && isPath(value, findParam(known, name)?.schema.isPath))
  const params = paths.length === 0 ? given : {...given, ...Object.fromEntries(paths.map(([name, path]) => [name, wholePath(name, String(path), folder)]))}
  const names = Object.keys(params).filter(name => findParam(known, name)?.schema.fromFile === true && typeof params[name] === 'string')
  if (names.length === 0) return params
  const {localHost} = await import('../host/local/index.ts')
  const {files} = localHost('this machine')
  const read = await Promise.all(names.map(async name => {
    const text = (await readNamed(name, () => files.readText(wholePath(name, String(params[name]), folder), longestFile))).trim()
    return [name, findParam(known, name)?.schema.format === 'urlencoded' ? encodeURIComponent(text) : text] as const
  }))
  return {...params, ...Object.fromEntries(read)}
}

/** The folder that we are in is asked for only where a path needs it: it may be gone. @throws InvalidInputError naming the option */
function wholePath(name: string, path: string, folder?: string): string {
  try {
    return folder === undefined ? resolve(path) : resolve(folder, path)
  } catch (cause) {
    throw new InvalidInputError(`--${name} is a path from the folder that you are in, which is not there any more`, {[name]: 'must be a path that begins with /'}, {cause})
  }
}

function isPath(value: string, kind: boolean | 'or-volume' | undefined): boolean {
  if (kind === undefined || kind === false || value === '' || value === '-') return false
  return kind === true || !/^[a-z][a-z0-9_.-]*:/i.test(value)
}

async function readNamed(name: string, read: () => Promise<string>): Promise<string> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new InvalidInputError(`the file of --${name} cannot be read`, {[name]: 'must be the path of a file that can be read'}, {cause: error})
  }
}
