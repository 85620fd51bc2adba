// SSH host keys for a new container, made by ssh-keygen of the host in a private folder; programs of the container are not run, and its random numbers not asked.
import {NotFoundError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {hostKeyFolder} from '../runtime/paths.ts'
import type {HostKey} from './setup.ts'

/** Those that OpenSSH makes by itself; older kinds are not asked for any more. */
const types = ['rsa', 'ecdsa', 'ed25519']
const limitMs = 120_000

/** None without ssh-keygen, which is said. */
export async function newHostKeys(vmid: number, {host, places, log, signal}: Pick<Context, 'host' | 'places' | 'log' | 'signal'>): Promise<HostKey[]> {
  const folder = hostKeyFolder(places, vmid)
  // Of one that was killed meanwhile.
  await host.files.removeTree(folder)
  await host.files.makeDirectory(folder, 0o700)
  try {
    return await Promise.all(types.map(async (type) => {
      const path = `${folder}/${type}`
      await host.run(['ssh-keygen', '-q', '-t', type, '-N', '', '-C', '', '-f', path], {timeoutMs: limitMs, signal, diesWithUs: true})
      return {type, secret: await host.files.readText(path), open: await host.files.readText(`${path}.pub`)}
    }))
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    log.warn('the container keeps the SSH host keys of its template, if it has any: ssh-keygen is not installed on this host (apt-get install openssh-client)')
    return []
  } finally {
    await host.files.removeTree(folder)
  }
}
