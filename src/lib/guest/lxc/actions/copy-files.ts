// Fills a new volume with the files of another one, or of a snapshot of it: one tar writes what another reads, both in a mount space of our own, as root, since
// all owners are kept as they are. What is copied nobody changes meanwhile. The volume was made by a step before, whose undo removes it.
import {Transform} from 'node:stream'
import type {TransformCallback} from 'node:stream'
import {ToolError, UnavailableError} from '../../../base/index.ts'
import {copyLimitMs} from '../../../storage/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {makeJail, rootInJail} from '../mount-space/jail.ts'
import {withVolumeSpace} from '../mount-space/volume-space.ts'

export interface CopyFiles extends Action {
  readonly kind: 'lxc.copy-files'
  readonly source: {readonly volume: string; readonly snapshot?: string}
  readonly target: string
  /** The size of the volume, for how long it may take; 0 where it has no limit. */
  readonly sizeBytes: number
  readonly isSourceReadOnly?: boolean
  /** In KiB a second; no limit when absent. */
  readonly bandwidthKib?: number
  readonly purpose: string
}

/** Of a folder without a limit nobody knows how much is in it. */
const unknownSizeBytes = 4 * 1024 ** 4
const reportBytes = 256 * 1024 ** 2

const keeping = ['--sparse', '--numeric-owner', '--acls', '--xattrs', '--xattrs-include=*']

export const copyFiles = defineAction<CopyFiles>({
  kind: 'lxc.copy-files',
  describe: (action) => [
    `# copy the files of ${sourceName(action)} to ${action.target}, both mounted where nobody else sees them:`,
    `#   ${commandLine(writeArgv('FROM'))} | ${commandLine(readArgv('TO'))}`,
  ],
  run: async (action, context) => {
    const {source, target, isSourceReadOnly} = action
    const wishes = [{...source, ...(isSourceReadOnly === true ? {isReadOnly: true} : {})}, {volume: target}]
    await withVolumeSpace(wishes, context, async (space, [from = '', to = '']) => {
      const failed = new AbortController()
      const signal = AbortSignal.any([context.signal, failed.signal])
      const options = {signal, timeoutMs: copyLimitMs({...action, sizeBytes: action.sizeBytes === 0 ? unknownSizeBytes : action.sizeBytes}), diesWithUs: true, maxOutputBytes: 64 * 1024}
      // What a made-up file system says is in it leads nobody elsewhere. Without names of users in there, access control lists go by their numbers.
      const jailOf = (root: string) => makeJail({folder: `${root}-jail`, root, inner: [], hasNames: false}, space)
      const [reading, writing] = [await jailOf(from), await jailOf(to)]
      const paced = pacedStream(action, context, signal)
      const both = [
        // What is left out are sockets, which belong to the processes that made them.
        space.run([...reading, ...writeArgv(rootInJail)], {...options, outputStream: paced}).then(() => { paced.end() }),
        space.run([...writing, ...readArgv(rootInJail)], {...options, inputStream: paced}),
      ]
      const ends = await Promise.allSettled(both.map((each) => each.catch((error: unknown) => {
        if (!failed.signal.aborted) failed.abort()
        paced.destroy()
        throw error
      })))
      if (context.signal.aborted) context.signal.throwIfAborted()
      const reasons = ends.flatMap((end) => end.status === 'rejected' ? [end.reason as unknown] : [])
      if (reasons.length > 0) throw inOurWords(reasons, action)
      await space.run(['sync', '--file-system', '--', to], {signal: context.signal, timeoutMs: options.timeoutMs})
    })
    context.log.info(`copied the files of ${sourceName(action)} to '${target}'`)
  },
})

function sourceName({source}: CopyFiles): string {
  return source.snapshot === undefined ? source.volume : `${source.volume} as of snapshot '${source.snapshot}'`
}

function writeArgv(folder: string): string[] {
  return ['tar', '--create', '--file=-', ...keeping, '--one-file-system', '--warning=no-file-ignored', `--directory=${folder}`, '.']
}

function readArgv(folder: string): string[] {
  return ['tar', '--extract', '--file=-', ...keeping, '--same-owner', '--preserve-permissions', '--delay-directory-restore', `--directory=${folder}`]
}

/** Lets no more bytes through than are allowed, and tells how many there were. */
function pacedStream({bandwidthKib = 0, purpose}: CopyFiles, {clock, log}: Context, signal: AbortSignal): Transform {
  const startMs = clock.monotonicMs()
  let copiedBytes = 0
  let told = 0
  return new Transform({
    transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      copiedBytes += chunk.length
      if (copiedBytes - told >= reportBytes) {
        told = copiedBytes
        log.info(`${purpose}: copied ${Math.floor(copiedBytes / 1024 ** 2)} MiB`)
      }
      const dueMs = bandwidthKib === 0 ? 0 : copiedBytes / 1024 / bandwidthKib * 1000 - (clock.monotonicMs() - startMs)
      if (dueMs <= 0) done(null, chunk)
      else clock.sleep(dueMs, signal).then(() => { done(null, chunk) }, (error: Error) => { done(error) })
    },
  })
}

/** The one that failed first takes the other with it, so the one that says why is told. */
function inOurWords(reasons: readonly unknown[], {target}: CopyFiles): unknown {
  const failure = reasons.find((reason) => reason instanceof ToolError) ?? reasons[0]
  if (failure instanceof ToolError && /No space left on device|Disk quota exceeded/.test(failure.failure.stderr)) {
    return new UnavailableError(`${target} has not enough room for the files`, {cause: failure, nextSteps: ['Make the source smaller than its volume, or name a storage with more space: pvesm status']})
  }
  return failure
}
