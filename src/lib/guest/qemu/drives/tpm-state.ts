// The volume on which a TPM keeps its state (`tpmstate0`): its size, its version, and swtpm's part in making it.
import {InvalidInputError, UnavailableError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {FormatTpmState} from '../actions/format-tpm-state.ts'
import type {DriveText} from './drive-text.ts'

/** As in Proxmox VE; a TPM needs far less. */
export const tpmStateBytes = 4 * 1024 ** 2

/**
 * What a new volume for a TPM is recorded with.
 * @throws InvalidInputError for a format that swtpm cannot use, UnavailableError when swtpm is not installed
 */
export async function planTpmState(drive: DriveText, {host}: Pick<Context, 'host'>): Promise<{readonly version: TpmVersion; readonly options: Readonly<Record<string, string>>}> {
  const format = drive.options['format'] ?? 'raw'
  if (format !== 'raw') throw new InvalidInputError(`tpmstate0: swtpm keeps its state in raw volumes only, not ${format}`, {'tpmstate0.format': 'must be raw'})
  await requireSwtpm(host)
  const version = tpmVersion(drive)
  return {version, options: {version}}
}

export type TpmVersion = 'v1.2' | 'v2.0'

export function tpmVersion({options}: DriveText): TpmVersion {
  return options['version'] === 'v2.0' ? 'v2.0' : 'v1.2'
}

/** @throws UnavailableError with the packages that are missing */
export async function requireSwtpm(host: Pick<Context['host'], 'which'>): Promise<void> {
  for (const program of ['swtpm', 'swtpm_setup']) {
    if (await host.which(program) !== undefined) continue
    throw new UnavailableError(`tpmstate0: ${program} is not installed`, {nextSteps: ['apt-get install swtpm swtpm-tools']})
  }
}

/** The step that makes a fresh TPM on the volume, where there is none yet. The volume's own undo takes it back. */
export function formatTpmState(target: Pick<FormatTpmState, 'vmid' | 'volume' | 'path' | 'version'>): FormatTpmState {
  return {kind: 'guest.format-tpm-state', ...target}
}
