// Unpacks an archive into a root file system that is mounted in a mount space. The archive is somebody else's: tar runs as the container's root in its
// user namespace, reads from a pipe, and is ended when more comes out than there may.
import {InvalidInputError, ToolError, UnavailableError} from '../../../base/index.ts'
import type {MountSpace} from '../../../host/index.ts'
import type {Storage, VolumeId} from '../../../storage/index.ts'
import {formatVolumeId} from '../../../storage/index.ts'
import type {Context} from '../../../tasks/index.ts'
import type {IdMap} from '../config/index.ts'
import {ownerIn} from '../mount-space/open-container-space.ts'
import {asContainerRoot, readCheckpoint, tarArgv} from './extract-argv.ts'

const limitMs = 4 * 3600_000

export interface Unpacking {
  readonly storage: Storage
  readonly archive: VolumeId
  readonly rootfs: string
  readonly map: IdMap
  /** How much may come out of it. */
  readonly maxBytes: number
  readonly ignoreErrors: boolean
}

/** @throws InvalidInputError when the archive is no good, UnavailableError when the space does not suffice */
export async function unpack({storage, archive, rootfs, map, maxBytes, ignoreErrors}: Unpacking, space: MountSpace, context: Context): Promise<void> {
  const shown = formatVolumeId(archive)
  const path = await storage.attach(archive)
  const {sizeBytes} = await storage.volume(archive)
  const {uid, gid} = ownerIn(map)
  // The top folder is the container's before tar makes anything in it.
  await space.run(['chown', '--no-dereference', `${uid}:${gid}`, '--', rootfs])
  const tooLarge = new AbortController()
  const signal = AbortSignal.any([context.signal, tooLarge.signal])
  const argv = asContainerRoot(map, tarArgv(storage.parseName(archive.name).format, rootfs))
  context.log.info(`unpacking ${shown} (${sizeBytes} bytes)`)
  try {
    await space.run(argv, {
      signal, timeoutMs: limitMs, inputStream: context.host.files.readStream(path), maxOutputBytes: 64 * 1024, okExitCodes: ignoreErrors ? [0, 1, 2] : [0],
      onLine: (line) => { if ((readCheckpoint(line) ?? 0) > maxBytes) tooLarge.abort() },
    })
  } catch (cause) {
    if (tooLarge.signal.aborted) throw new UnavailableError(`${shown} holds more than the ${maxBytes} bytes for which there is room`, {nextSteps: ['Give the root file system more room: --rootfs STORAGE:GIB']})
    if (!(cause instanceof ToolError)) throw cause
    if (/No space left on device|Disk quota exceeded/.test(cause.failure.stderr)) throw new UnavailableError(`the root file system is too small for ${shown}`, {cause, nextSteps: ['Give it more room: --rootfs STORAGE:GIB']})
    throw new InvalidInputError(`${shown} could not be unpacked: ${lastWords(cause.failure.stderr)}`, {ostemplate: 'could not be unpacked'}, {cause})
  }
}

/** What tar said last, apart from its summary and its checkpoints. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim()).filter((line) => line !== '' && readCheckpoint(line) === undefined && !/Exiting with failure status|Error is not recoverable/.test(line))
  return (lines.at(-1) ?? 'tar did not say why').replace(/^tar: /, '').slice(0, 300)
}
