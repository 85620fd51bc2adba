// Finds and reads OpenSSH's client configuration on this machine. Small files, read at once; bounded, and never one that others could write.
import {closeSync, constants, fstatSync, openSync, readSync, readdirSync} from 'node:fs'
import {dirname, isAbsolute, join} from 'node:path'
import {ForbiddenError, InvalidInputError, UnavailableError} from '../../base/index.ts'
import {matchesPattern} from './patterns.ts'
import type {ConfigText} from './ssh-config.ts'
import {expandHome} from './tokens.ts'
import type {ConfigFile} from './types.ts'

const maxFileBytes = 4 * 1024 * 1024
const maxIncludedFiles = 256

/** ssh_config(5), FILES. */
export function defaultConfigFiles(home: string): ConfigFile[] {
  return [{path: `${home}/.ssh/config`, kind: 'user'}, {path: '/etc/ssh/ssh_config', kind: 'system'}]
}

/**
 * The texts of those files that exist.
 * @throws ForbiddenError when others could have written a file of the user's, as OpenSSH refuses it
 */
export function readConfigFiles(files: readonly ConfigFile[]): ConfigText[] {
  return files.flatMap((file) => readOne(file) ?? [])
}

/** What a pattern of Include stands for: relative to ~/.ssh for files of the user's, to /etc/ssh for others. */
export function includedFiles(pattern: string, from: ConfigText, places: {home: string; localUser: string}): ConfigText[] {
  const path = expandHome(pattern, places)
  const base = from.kind === 'user' ? `${places.home}/.ssh` : '/etc/ssh'
  const paths = glob(isAbsolute(path) ? path : join(base, path))
  if (paths.length > maxIncludedFiles) throw new InvalidInputError(`Include names more than ${maxIncludedFiles} files`)
  return readConfigFiles(paths.map((found) => ({path: found, kind: from.kind})))
}

/** The paths that fit, sorted. Hidden names only where the pattern has the dot, as glob(7) says. */
function glob(pattern: string): string[] {
  if (!/[*?]/.test(pattern)) return [pattern]
  const parent = dirname(pattern)
  const last = pattern.slice(parent === '/' ? 1 : parent.length + 1)
  return glob(parent).flatMap((folder) =>
    namesIn(folder).filter((name) => matchesPattern(name, last) && (!name.startsWith('.') || last.startsWith('.'))).sort().map((name) => join(folder, name)))
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function readOne({path, kind}: ConfigFile): ConfigText | undefined {
  const bytes = readSmallFile(path, (uid, mode) => {
    const own = process.getuid?.() ?? 0
    if (kind === 'user' && ((uid !== 0 && uid !== own) || (mode & 0o022) !== 0)) {
      throw new ForbiddenError(`${path} belongs to or can be written by others, so it is not trusted`, {nextSteps: [`chmod 600 ${path}`]})
    }
  })
  return bytes === undefined ? undefined : {path, kind, text: bytes.toString('utf8')}
}

/**
 * A file of bounded size; undefined when it is not there or is no file.
 * @param check sees the owner and the permissions of what was opened
 * @throws UnavailableError when it cannot be read, InvalidInputError when it is too large
 */
export function readSmallFile(path: string, check?: (uid: number, mode: number) => void, maxBytes = maxFileBytes): Buffer | undefined {
  let file: number | undefined
  try {
    // O_NONBLOCK: a FIFO in its place must not make us wait.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    const stat = fstatSync(file)
    if (!stat.isFile()) return undefined
    check?.(stat.uid, stat.mode)
    if (stat.size > maxBytes) throw new InvalidInputError(`${path} is larger than ${maxBytes} bytes`)
    const bytes = Buffer.alloc(stat.size)
    let length = 0
    while (length < bytes.length) {
      const count = readSync(file, bytes, length, bytes.length - length, length)
      if (count === 0) break
      length += count
    }
    return bytes.subarray(0, length)
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new UnavailableError(`cannot read ${path} (${code})`, {cause: error})
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
