// The folder of the keepers' sockets: whoever can reach a socket in it works as its user on other hosts, so it is used only when it is that
// user's own, closed to everybody else, and no link. Node cannot ask a socket who connects; the folder decides it.
import {lstat, mkdir} from 'node:fs/promises'
import path from 'node:path'

/** Of a socket path: sockaddr_un has 108 bytes, one of which ends it. */
const maxSocketPathBytes = 107
/** The longest name that a socket gets here, with the mark of one that is being made. */
const maxNameBytes = 48

/**
 * `$XDG_RUNTIME_DIR/corral`, else `$XDG_CACHE_HOME/corral` or `~/.cache/corral`; made where it is missing.
 * @returns undefined when none of them is safe: then nothing is kept
 */
export async function keeperFolder(env: Readonly<Record<string, string | undefined>>, uid = process.getuid?.() ?? -1): Promise<string | undefined> {
  const home = absolute(env['HOME'])
  const cache = absolute(env['XDG_CACHE_HOME']) ?? (home === undefined ? undefined : `${home}/.cache`)
  for (const parent of [absolute(env['XDG_RUNTIME_DIR']), cache]) {
    if (parent === undefined || Buffer.byteLength(parent) + '/corral/'.length + maxNameBytes > maxSocketPathBytes) continue
    const folder = `${parent}/corral`
    // XDG_CACHE_HOME may not be there yet; the runtime folder is made at login, by others than us.
    if (parent === cache) await mkdir(parent, {recursive: true, mode: 0o700}).catch(() => undefined)
    if (!await isOwnFolder(parent, uid, 0o022)) continue
    await mkdir(folder, {mode: 0o700}).catch(() => undefined)
    if (await isPrivateFolder(folder, uid)) return folder
  }
  return undefined
}

/** Ours, no link, and closed to others. */
export function isPrivateFolder(folder: string, uid = process.getuid?.() ?? -1): Promise<boolean> {
  return isOwnFolder(folder, uid, 0o077)
}

/** Whether this is a socket of ours. */
export async function isOwnSocket(file: string, uid = process.getuid?.() ?? -1): Promise<boolean> {
  try {
    const stats = await lstat(file)
    return stats.isSocket() && stats.uid === uid
  } catch {
    return false
  }
}

async function isOwnFolder(folder: string, uid: number, forbiddenMode: number): Promise<boolean> {
  try {
    const stats = await lstat(folder)
    return stats.isDirectory() && stats.uid === uid && (stats.mode & forbiddenMode) === 0
  } catch {
    return false
  }
}

function absolute(value: string | undefined): string | undefined {
  return value?.startsWith('/') === true ? path.resolve(value) : undefined
}
