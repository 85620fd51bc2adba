// Gives a storage its streams: what is the same for every type is here, each format in a module of its own.
import type {Readable, Writable} from 'node:stream'
import type {Clock} from '../../base/index.ts'
import {ConflictError, NotFoundError, UnsupportedError} from '../../base/index.ts'
import type {Storage, StreamContent, StreamFormat, VolumeId, VolumeTransfer} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import type {StreamKind} from './stream-kind.ts'

/** @param kinds the best first */
export function withTransfer(storage: Storage, clock: Clock, kinds: readonly StreamKind[]): Storage {
  const exports = (id: VolumeId, content: StreamContent) => kinds.filter((kind) => kind.canExport(storage.parseName(id.name), content))
  const imports = (id: VolumeId, content: StreamContent) => kinds.filter((kind) => kind.canImport(storage.parseName(id.name), content))
  const transfer: VolumeTransfer = {
    exportFormats: (id, content) => exports(id, content).map(({format}) => format),
    importFormats: (id, content) => imports(id, content).map(({format}) => format),
    export: async (id, request, to, signal) => {
      const kind = chosen(exports(id, request), request.format, () => `${formatVolumeId(id)}${wishes(request)} cannot be had as ${request.format}`)
      await heard(to, () => kind.export(id, request, to, {clock, signal}))
    },
    import: (id, request, from, signal) => heard(from, async () => {
      const kind = chosen(imports(id, request), request.format, () => `${formatVolumeId(id)} cannot be made from ${request.format}${wishes(request)}`)
      const isThere = await storage.exists(id)
      if (isThere && request.base === undefined) throw new ConflictError(`the volume ${formatVolumeId(id)} exists already`, {nextSteps: ['Give another name, or let one be chosen: --allow-rename']})
      if (!isThere && request.base !== undefined) throw new NotFoundError(`there is no volume ${formatVolumeId(id)} with a snapshot '${request.base}' to which the stream could be added`)
      let isOurs = false
      try {
        await kind.import(id, request, from, {clock, signal}, () => { isOurs = true })
        return await storage.volume(id)
      } catch (error) {
        // The first failure is the one to report; the undo of the plan tries once more.
        if (isOurs) await storage.remove(id).catch(() => undefined)
        throw error
      }
    }),
  }
  return {...storage, transfer}
}

/** A stream may fail while nobody waits for it, which would end the process; whoever reads or writes it next is told. */
async function heard<R>(stream: Readable | Writable, work: () => Promise<R>): Promise<R> {
  const listener = (): void => undefined
  stream.on('error', listener)
  try {
    return await work()
  } finally {
    stream.off('error', listener)
  }
}

function chosen(possible: readonly StreamKind[], format: StreamFormat, what: () => string): StreamKind {
  const kind = possible.find((each) => each.format === format)
  if (kind !== undefined) return kind
  throw new UnsupportedError(what(), {nextSteps: possible.length === 0 ? ['Leave out --base, --snapshot and --with-snapshots, as far as they are given.'] : [`What is possible: ${possible.map((each) => each.format).join(', ')}`]})
}

function wishes({snapshot, base, withSnapshots}: StreamContent): string {
  return [...snapshot === undefined ? [] : [` as of snapshot '${snapshot}'`], ...base === undefined ? [] : [` beginning with '${base}'`], ...withSnapshots === true ? [' with its snapshots'] : []].join('')
}
