// Where contexts.yaml is and how it is read and written: private to the user, whole or not at all.
import {UnavailableError} from '../base/index.ts'
import type {Places} from '../base/index.ts'
import type {HostFiles} from '../host/index.ts'
import {checkContextsMode, maxContextsBytes} from './contexts-mode.ts'
import {parseContexts, type Contexts} from './contexts.ts'

/** `~/.config/corral/contexts.yaml`. @throws UnavailableError for a caller without a home */
export function contextsPath({userConfigDir}: Pick<Places, 'userConfigDir'>): string {
  if (userConfigDir === undefined) throw new UnavailableError('there is no place for contexts: neither HOME nor XDG_CONFIG_HOME is set')
  return `${userConfigDir}/contexts.yaml`
}

/** The text of the file; empty when there is none. @throws InvalidInputError when others may write it or it is too large */
export async function readContextsText(path: string, files: HostFiles): Promise<string> {
  const stat = await files.stat(path, {followLinks: true})
  if (stat === undefined) return ''
  checkContextsMode(path, stat.mode)
  return files.readText(path, maxContextsBytes)
}

/** @throws InvalidInputError */
export async function readContexts(path: string, files: HostFiles): Promise<Contexts> {
  const text = await readContextsText(path, files)
  return text === '' ? {contexts: []} : parseContexts(text, path)
}

/** @param places where the names of the hosts are kept for completion; that may fail */
export async function writeContextsText(path: string, text: string, files: HostFiles, {userCacheDir}: Pick<Places, 'userCacheDir'>): Promise<void> {
  await files.makeDirectory(path.replace(/\/[^/]*$/, ''), 0o700)
  // A link in somebody's collection of dotfiles stays one.
  const real = await files.stat(path) === undefined ? path : await files.realPath(path)
  await files.write(real, text, {mode: 0o600})
  if (userCacheDir === undefined) return
  const {rememberContexts} = await import('../completion/index.ts')
  await rememberContexts(await parseContexts(text, path), userCacheDir, files).catch(() => undefined)
}
