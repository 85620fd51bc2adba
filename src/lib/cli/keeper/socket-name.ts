// Whose a name in the keepers' folder is. Of several keepers that come at once exactly one gets the name of the socket; nobody takes it from one
// that answers, and nobody removes what has come to it since they looked.
import {link, lstat, rename, rm} from 'node:fs/promises'
import {errorKind} from '../../base/index.ts'
import type {AppError} from '../../base/index.ts'

const answerLimitMs = 1_000
const maxAttempts = 8

/** What is at a name now, told from what comes there later; undefined when there is nothing. An inode's number alone is soon used again. */
export async function identityAt(path: string): Promise<string | undefined> {
  const stats = await lstat(path, {bigint: true}).catch(() => undefined)
  return stats === undefined ? undefined : `${stats.ino}:${stats.mtimeNs}`
}

/**
 * Gives a listening socket its name.
 * @param making its name up to now, which goes
 * @param replaces what was at the name and was found to be of no use
 * @returns what identityAt will say; undefined when the name is another one's, who answers
 */
export async function claimName(making: string, socketPath: string, replaces: string | undefined): Promise<string | undefined> {
  const own = await identityAt(making)
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      // link(2) refuses a name that there is, which rename(2) would take.
      if (await link(making, socketPath).then(() => true, () => false)) return own
      // Who it is before it is asked: one that comes in between has not been, and is not removed.
      const asked = await identityAt(socketPath)
      if (await isTaken(socketPath, replaces)) return undefined
      if (asked !== undefined) await removeOnly(socketPath, asked)
    }
    return undefined
  } finally {
    await rm(making, {force: true})
  }
}

/** Whether somebody answers there who is not the one that may be replaced. */
export async function isTaken(socketPath: string, replaces: string | undefined): Promise<boolean> {
  const there = await identityAt(socketPath)
  if (there === undefined || there === replaces) return false
  const {connectUnixSocket} = await import('../../host/local/connect.ts')
  try {
    (await connectUnixSocket(socketPath, answerLimitMs)).destroy()
    return true
  } catch (error) {
    // One that is only slow is not dead.
    return errorKind(error) !== 'unavailable' || !['ECONNREFUSED', 'ENOENT'].includes(String((error as AppError).data['code']))
  }
}

/** Removes a name only while it is that one's: it is moved aside and looked at, because another may have come in between. */
export async function removeOnly(path: string, identity: string): Promise<void> {
  if (await identityAt(path) !== identity) return
  const aside = `${path}.${process.pid}.old`
  if (!await rename(path, aside).then(() => true, () => false)) return
  if (await identityAt(aside) !== identity) await link(aside, path).catch(() => undefined)
  await rm(aside, {force: true})
}
