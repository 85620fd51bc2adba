// Whether a file system answers. A call into one whose server is gone cannot be given up, and a few of them keep the whole process from working;
// so a child process asks, which can.
import {NotFoundError, ToolError, UnavailableError} from '../base/index.ts'
import type {Host} from '../host/index.ts'
import {mountOf} from './dir/mounts.ts'

export interface FolderOnHost { readonly host: Host; readonly storage: string; readonly path: string }

/** A server that is there answers at once. */
const probeLimitMs = 5000
const maxMountsBytes = 16 * 1024 ** 2

/** File systems that somebody else answers for: a server, another machine, a process. */
const remoteTypes = /^(?:nfs4?|cifs|smb3|ceph|fuse|fuse\..{1,60}|fuseblk|9p|afs|glusterfs|ocfs2|gfs2|virtiofs|autofs|beegfs|lustre)$/

/** Asks only where a file system can hang. @throws UnavailableError */
export async function checkFolderAnswers(on: FolderOnHost): Promise<void> {
  if (await liesElsewhere(on)) await checkAnswers(on, 'its file system hangs')
}

async function liesElsewhere({host, path}: FolderOnHost): Promise<boolean> {
  try {
    return remoteTypes.test(mountOf(await host.files.readText('/proc/self/mountinfo', maxMountsBytes), path)?.fsType ?? '')
  } catch (error) {
    if (error instanceof NotFoundError) return false
    throw error
  }
}

/** @throws UnavailableError when it does not answer within a few seconds */
export async function checkAnswers({host, storage, path}: FolderOnHost, why: string): Promise<void> {
  try {
    await host.run(['stat', '--file-system', '--format=%T', '--', path], {timeoutMs: probeLimitMs})
  } catch (error) {
    if (error instanceof UnavailableError) {
      throw new UnavailableError(`storage '${storage}' does not answer: ${why}`, {cause: error, nextSteps: ['It comes back by itself with the server.', `Give it up, and what was not written: umount -f -l ${path}`]})
    }
    // What is not there yet will be made at its first use, or its absence be told.
    if (error instanceof ToolError && /No such file or directory/.test(error.failure.stderr)) return
    if (error instanceof ToolError) throw new UnavailableError(`storage '${storage}' does not answer`, {cause: error, nextSteps: ['It may come back by itself with the server.', `Mount it anew: umount -l ${path}`]})
    throw error
  }
}
