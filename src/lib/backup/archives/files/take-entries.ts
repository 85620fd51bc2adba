// Files and folders out of a backup, as a tar archive of their members just as they are, or unpacked into a new folder. Device nodes and pipes are left
// behind: nobody restores a file to get one, and on the host they would be the host's. Names that lead elsewhere are as well; tar itself follows no links on its way.
import {PassThrough} from 'node:stream'
import type {Readable, Writable} from 'node:stream'
import {AppError, InvalidInputError, NotFoundError, ToolError, UnavailableError} from '../../../base/index.ts'
import {writeBytes} from '../../../storage/transfer/stream-bytes.ts'
import type {Context} from '../../../tasks/index.ts'
import {readTarMembers} from '../tar-members.ts'
import {isWithin, memberPath} from './archived-entries.ts'

export interface TakenEntries { readonly files: number; readonly bytes: number }

/** Lends a tar archive to `work`, which reads it to its end. */
export type LendArchive = (work: (from: Readable) => Promise<void>) => Promise<void>

type Place = Pick<Context, 'host' | 'clock' | 'signal' | 'log'>

const recordBytes = 10_240
const limitMs = 7 * 24 * 3600_000
/** Devices and pipes. */
const leftTypes: ReadonlySet<string> = new Set(['3', '4', '6'])

/** Pure: what unpacks the members into a folder. */
export function unpackArgv(folder: string): string[] {
  return ['tar', '--extract', '--file=-', '--numeric-owner', '--keep-old-files', '--no-wildcards', `--directory=${folder}`]
}

/**
 * Writes the members to the stream, which stays open, and the end of an archive behind them.
 * @param wanted paths without slashes before and behind them
 * @throws NotFoundError naming a path that is not in the backup; InvalidInputError when the archive is damaged
 */
export async function passOn(lend: LendArchive, wanted: readonly string[], to: Writable, context: Place): Promise<TakenEntries> {
  const missing = new Set(wanted)
  const taken = new Set<string>()
  let bytes = 0
  await lend(async (from) => {
    for await (const member of readTarMembers(from, context)) {
      const its = memberPath(member)
      const why = its === undefined ? undefined : wanted.find((each) => isWithin(its, each))
      if (its === undefined || why === undefined) continue
      missing.delete(why)
      if (leftTypes.has(member.type)) { context.log.warn(`'/${its}' is a device or a pipe and is left out`); continue }
      if (member.type === '1' && !taken.has(memberPath({name: member.target}) ?? '')) {
        context.log.warn(`'/${its}' is another name of '/${memberPath({name: member.target}) ?? '?'}', which is not taken: take that as well`)
        continue
      }
      taken.add(its)
      for (const head of member.heads) await writeBytes(to, head, context)
      for await (const piece of member.content()) await writeBytes(to, piece, context)
      bytes += member.fileBytes
    }
  })
  const [first] = missing
  if (first !== undefined) throw new NotFoundError(`there is no '/${first}' in the backup`, {nextSteps: ['See what there is: corral backup files list VOLUME /']})
  await writeBytes(to, Buffer.alloc(recordBytes), context)
  return {files: taken.size, bytes}
}

/** Unpacks them into a folder that is there and empty. @throws UnavailableError when there is no room; as passOn */
export async function unpackInto(folder: string, lend: LendArchive, wanted: readonly string[], context: Place): Promise<TakenEntries> {
  const pipe = new PassThrough({highWaterMark: 1024 * 1024})
  pipe.on('error', () => undefined)
  const stop = new AbortController()
  const signal = AbortSignal.any([context.signal, stop.signal])
  const unpacked = context.host.run(unpackArgv(folder), {timeoutMs: limitMs, signal, inputStream: pipe, diesWithUs: true, maxOutputBytes: 64 * 1024})
  const ended = unpacked.then(() => undefined, (error: unknown): Error => { pipe.destroy(); return failureOf(error, folder) })
  try {
    const taken = await passOn(lend, wanted, pipe, context)
    pipe.end()
    const failure = await ended
    if (failure !== undefined) throw failure
    return taken
  } catch (error) {
    stop.abort()
    pipe.destroy()
    // Where tar has ended first, it says why nobody could write any more.
    const failure = await ended
    if (failure !== undefined && (failure instanceof UnavailableError || !(error instanceof AppError))) throw failure
    throw error
  }
}

function failureOf(error: unknown, folder: string): Error {
  if (!(error instanceof ToolError)) return error instanceof Error ? error : new Error(String(error))
  if (/No space left on device|Disk quota exceeded/.test(error.failure.stderr)) return new UnavailableError(`there is not enough space in ${folder}`, {cause: error})
  return new InvalidInputError('the files could not be unpacked', {}, {cause: error})
}
