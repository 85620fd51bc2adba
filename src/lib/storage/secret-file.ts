// The file on the host from which programs read a storage's password or keyring, so that it stands in no command line.
import type {Host} from '../host/index.ts'
import type {StorageSecret} from './storage.ts'

const maxSecretBytes = 64 * 1024

/** Right as well when it is there already. It never exists with wider permissions than its owner's. */
export async function ensureSecretFile(host: Host, {path, text}: StorageSecret): Promise<void> {
  const stat = await host.files.stat(path)
  if (stat?.kind === 'file' && (stat.mode & 0o77) === 0 && await host.files.readText(path, maxSecretBytes) === text) return
  const folder = path.slice(0, path.lastIndexOf('/'))
  if (await host.files.stat(folder) === undefined) await host.files.makeDirectory(folder, 0o700)
  await host.files.write(path, text, {mode: 0o600})
}
