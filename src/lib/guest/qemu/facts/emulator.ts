// Which QEMU is installed for an architecture, and its version. Asking the binary takes as long as half a start of a guest, so the
// answer is kept in the run directory for as long as the binary stays the same file.
import {UnavailableError} from '../../../base/index.ts'
import type {Places} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import type {Architecture, Emulator} from '../arguments/index.ts'

/** @returns undefined when none is installed */
export async function findEmulator(host: Host, places: Pick<Places, 'runDir'>, arch: Architecture): Promise<Emulator | undefined> {
  const binary = await host.which(`qemu-system-${arch}`)
  if (binary === undefined) return undefined
  const stat = await host.files.stat(binary, {followLinks: true})
  if (stat === undefined) return undefined
  const fingerprint = `${binary} ${stat.sizeBytes} ${stat.mtimeMs}`
  const cachePath = `${places.runDir}/facts/qemu-${arch}`
  const known = await readCache(host, cachePath)
  if (known?.fingerprint === fingerprint) return {binary, version: known.version}
  const {stdout} = await host.run([binary, '--version'], {timeoutMs: 20_000})
  const version = parseEmulatorVersion(stdout)
  if (version === undefined) throw new UnavailableError(`${binary} does not say its version`, {data: {stdout: stdout.slice(0, 200)}})
  await host.files.makeDirectory(`${places.runDir}/facts`, 0o700)
  await host.files.write(cachePath, `${fingerprint}\n${version}\n`, {durable: false})
  return {binary, version}
}

/** `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)` is 7.2.22. */
export function parseEmulatorVersion(text: string): string | undefined {
  return /^QEMU emulator version (\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)\b/m.exec(text)?.[1]
}

async function readCache(host: Host, path: string): Promise<{fingerprint: string; version: string} | undefined> {
  if ((await host.files.stat(path)) === undefined) return undefined
  const [fingerprint = '', version = ''] = (await host.files.readText(path, 4096)).split('\n')
  return /^\d{1,3}\.\d{1,3}/.test(version) ? {fingerprint, version} : undefined
}
