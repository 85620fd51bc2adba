// Which hosts an invocation is meant for: --context, CORRAL_CONTEXT, the current context, and --on within it. A call without any of these and
// without a contexts file pays for one look at the file system.
import {closeSync, constants, fstatSync, openSync, readFileSync, statSync} from 'node:fs'
import {InvalidInputError, NotFoundError, userCacheDir, userConfigDir} from '../../base/index.ts'
import {checkContextsMode, localName, maxContextsBytes} from '../../hosts/contexts-mode.ts'
import type {ContextHost, Contexts} from '../../hosts/contexts.ts'
import {didYouMean} from '../../spec/nearest.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The hosts that were chosen. */
export interface ChosenHosts {
  /** The name of the context. */
  readonly context: string
  readonly hosts: readonly ContextHost[]
}

/** What the user said on the command line. */
export interface HostWishes {
  readonly context?: string
  readonly on?: string
}


/**
 * @returns undefined when the command is for this machine
 * @throws InvalidInputError (the file), NotFoundError (no such context, no such host in it)
 */
export async function chooseHosts(wishes: HostWishes, env: Environment): Promise<ChosenHosts | undefined> {
  const fromEnvironment = env['CORRAL_CONTEXT']
  const wanted = wishes.context ?? (fromEnvironment === '' ? undefined : fromEnvironment)
  if (wanted === localName) return undefined
  const contexts = await readContexts(env)
  const name = wanted ?? contexts?.current
  if (name === undefined) return undefined
  const {findContext} = await import('../../hosts/contexts.ts')
  const {hosts} = findContext(contexts ?? {contexts: []}, name)
  return {context: name, hosts: wishes.on === undefined ? hosts : [hostNamed(wishes.on, hosts, name)]}
}

function hostNamed(on: string, hosts: readonly ContextHost[], context: string): ContextHost {
  const found = hosts.find(({name}) => name === on) ?? hosts.find(({node}) => node === on)
  if (found !== undefined) return found
  const names = hosts.map(({name}) => name)
  throw new NotFoundError(`the context '${context}' has no host '${on}'${didYouMean(on, names)}`, {nextSteps: [`It has: ${names.join(', ')}`]})
}

async function readContexts(env: Environment): Promise<Contexts | undefined> {
  const folder = userConfigDir(env)
  const path = `${folder}/contexts.yaml`
  const text = folder === undefined ? undefined : readPrivately(path)
  if (text === undefined) return undefined
  const contexts = await (await import('../../hosts/contexts.ts')).parseContexts(text, path)
  await rememberForCompletion(contexts, path, env).catch(() => undefined)
  return contexts
}

/** The file may have been edited by hand: whoever reads it next sees to it that completion knows. */
async function rememberForCompletion(contexts: Contexts, path: string, env: Environment): Promise<void> {
  const cacheDir = userCacheDir(env)
  if (cacheDir === undefined) return
  const known = statSync(`${cacheDir}/completion/contexts`, {throwIfNoEntry: false})
  if (known !== undefined && known.mtimeMs >= statSync(path).mtimeMs) return
  const [{rememberContexts}, {localFiles}] = await Promise.all([import('../../completion/index.ts'), import('../../host/local/files.ts')])
  await rememberContexts(contexts, cacheDir, localFiles)
}

/** A bounded read of a file that only its owner may write; undefined when it is not there. */
function readPrivately(path: string): string | undefined {
  let file: number
  try {
    // A named pipe must not hold us up.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw new NotFoundError(`${path} cannot be read`, {cause: error})
  }
  try {
    const stat = fstatSync(file)
    checkContextsMode(path, stat.mode)
    if (!stat.isFile() || stat.size > maxContextsBytes) throw new InvalidInputError(`${path} must be a file of at most ${maxContextsBytes / 1024} KiB`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

