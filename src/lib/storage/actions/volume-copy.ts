// The action that fills a volume with the content of another volume, of a snapshot of one, or of a file, by qemu-img. The volume was made by
// a step before, whose undo removes it, so this has no undo of its own. Done again it does the same again.
import {ConflictError, ToolError, UnavailableError} from '../../base/index.ts'
import {formatSize} from '../../spec/size.ts'
import type {Action, Context} from '../../tasks/index.ts'
import {commandLine, defineAction} from '../../tasks/index.ts'
import type {ConvertSource} from '../convert-image.ts'
import {convertArgv, readConvertProgress} from '../convert-image.ts'
import type {FilePart, ImportFormat} from '../image-file-source.ts'
import {readImageFile} from '../image-file-source.ts'
import {fileOfImport} from '../import/import-volume.ts'
import {openVolume} from '../open-storage.ts'

/** Where the content comes from: a volume, maybe as it was at a snapshot, or a file that belongs to no storage, or a piece of one. */
export type CopySource =
  | {readonly volume: string; readonly snapshot?: string}
  | {readonly path: string; readonly format: ImportFormat; readonly part?: FilePart}

export interface VolumeCopy extends Action {
  readonly kind: 'volume.copy'
  readonly source: CopySource
  /** A volume that is as large as the source or larger. */
  readonly target: string
  /** How much is copied, for progress and for how long it may take. */
  readonly sizeBytes: number
  /** In KiB a second; no limit when absent. */
  readonly bandwidthKib?: number
  /** The target was just made and reads as zeroes. */
  readonly isTargetZero?: boolean
  /** A running guest has the source open, and what is read of it does not change. */
  readonly isSourceInUse?: boolean
  /** What is copied (`scsi0`), for the log. */
  readonly purpose?: string
  /** The commands that this comes to, for a dry run. */
  readonly commands?: readonly (readonly string[])[]
}

export const volumeCopy = defineAction<VolumeCopy>({
  kind: 'volume.copy',
  describe: (action) => [
    `# copy ${sourceName(action.source)} to ${action.target} (${formatSize(action.sizeBytes)})`,
    ...(action.commands ?? []).map((argv) => commandLine(argv)),
  ],
  run: async (action, context) => {
    const {source, close} = await openSource(action.source, context)
    try {
      await fillTarget(action, source, context)
    } finally {
      await close()
    }
    context.log.info(`copied ${sourceName(action.source)} to '${action.target}' (${formatSize(action.sizeBytes)})`)
  },
})

/** Pure, for plans. */
export function sourceName(source: CopySource): string {
  if ('path' in source) return source.path
  return source.snapshot === undefined ? source.volume : `${source.volume} as of snapshot '${source.snapshot}'`
}

interface OpenSource { readonly source: ConvertSource; readonly close: () => Promise<void> }

/** Makes the source readable. A header that names other files is refused here, by the storage or by readImageFile. */
async function openSource(given: CopySource, context: Context): Promise<OpenSource> {
  const source = await fileOfImport(given, context)
  if ('path' in source) {
    await readImageFile(source.path, context.host, source.format, source.part)
    return {source: {...source, standsAlone: true}, close: async () => undefined}
  }
  const {storage, id} = await openVolume(source.volume, context)
  await storage.attach(id, source.snapshot)
  return {source: storage.imageName(id, source.snapshot), close: () => storage.detach(id, source.snapshot)}
}

async function fillTarget(action: VolumeCopy, source: ConvertSource, context: Context): Promise<void> {
  const {storage, id} = await openVolume(action.target, context)
  const path = await storage.attach(id)
  try {
    const {bandwidthKib, isTargetZero, isSourceInUse} = action
    const argv = convertArgv({
      source, target: storage.imageName(id),
      ...(bandwidthKib === undefined ? {} : {bandwidthKib}), ...(isTargetZero === undefined ? {} : {isTargetZero}), ...(isSourceInUse === undefined ? {} : {isSourceInUse}),
    })
    await runConvert(argv, action, context)
    // qemu-img leaves what it wrote in the page cache; the source may be removed next.
    if (path.startsWith('/')) await context.host.run(syncArgv(path), {timeoutMs: copyLimitMs(action), signal: context.signal})
  } finally {
    await storage.detach(id)
  }
}

/** Pure. */
export function syncArgv(path: string): string[] {
  return ['sync', '--', path]
}

async function runConvert(argv: readonly string[], action: VolumeCopy, context: Context): Promise<void> {
  const {sizeBytes, target, purpose, source} = action
  const what = purpose ?? `copy to ${target}`
  const onLine = (line: string): void => {
    const part = readConvertProgress(line)
    if (part !== undefined) context.log.progress(Math.floor(part * sizeBytes), sizeBytes, what, 'bytes')
  }
  try {
    await context.host.run(argv, {signal: context.signal, timeoutMs: copyLimitMs(action), diesWithUs: true, onLine, maxOutputBytes: 64 * 1024})
  } catch (error) {
    throw error instanceof ToolError ? inOurWords(error, sourceName(source), target) : error
  }
}

function inOurWords(error: ToolError, source: string, target: string): Error {
  const {stderr} = error.failure
  if (/No space left on device|Disk quota exceeded/.test(stderr)) {
    const storage = target.slice(0, target.indexOf(':'))
    return new UnavailableError(`storage '${storage}' has not enough space for a copy of ${source}`, {cause: error, nextSteps: [`See what takes the space: pvesm status --storage ${storage}; pvesm list ${storage}`]})
  }
  if (/Failed to get (?:shared )?"[^"\n]{1,32}" lock|Is another process using the image/.test(stderr)) {
    return new ConflictError(`${source} or ${target} is in use by another process`, {cause: error, nextSteps: ['See by what: ps -ef | grep qemu']})
  }
  return error
}

const baseLimitMs = 30 * 60_000
/** Slower than this nothing is that still works; a limit that was asked for may be slower. */
const slowestBytesPerSecond = 1024 ** 2

/** How long a copy may take: it grows with the size. */
export function copyLimitMs({sizeBytes, bandwidthKib = 0}: Pick<VolumeCopy, 'sizeBytes' | 'bandwidthKib'>): number {
  const bytesPerSecond = bandwidthKib > 0 ? Math.min(slowestBytesPerSecond, bandwidthKib * 1024 / 2) : slowestBytesPerSecond
  return Math.min(2 ** 31 - 1, Math.ceil(baseLimitMs + sizeBytes / bytesPerSecond * 1000))
}
