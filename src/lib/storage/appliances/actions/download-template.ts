// The action that puts a container template on a storage: fetched, compared with its checksum, and given its name when it is whole.
import {createHash} from 'node:crypto'
import {dirname} from 'node:path'
import {ConflictError, InvalidInputError, NotFoundError} from '../../../base/index.ts'
import type {Checksum} from '../../../host/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'

export interface DownloadTemplate extends Action {
  readonly kind: 'template.download'
  readonly volume: string
  /** An address, or the path of a file on the host. */
  readonly from: string
  readonly path: string
  readonly checksum?: Checksum
}

/** Larger than any template, so that a server cannot fill the disk. */
export const maxTemplateBytes = 64 * 1024 ** 3
const timeoutMs = 24 * 60 * 60_000

export const downloadTemplate = defineAction<DownloadTemplate>({
  kind: 'template.download',
  isAtomic: true,
  describe: ({from, path, checksum}) => [
    ...from.startsWith('/') ? [copyArgv(from, path), ['sync', '--', `${path}.part`]].map((argv) => commandLine(argv)) : [`# fetch ${from}`], checksum === undefined ? '# the index has no checksum of it' : `# compare it with its ${checksum.algorithm} checksum ${checksum.digest}`, `# keep it as ${path}`,
  ],
  run: async ({volume, from, path, checksum}, context) => {
    const {host, log, signal} = context
    await host.files.makeDirectory(dirname(path))
    if (from.startsWith('/')) await copyFile(from, path, checksum, context)
    else {
      await host.download({
        url: from, path, maxBytes: maxTemplateBytes, timeoutMs, addresses: 'any', signal, ...(checksum === undefined ? {} : {checksum}),
        onProgress: (done, total) => { if (total !== undefined) log.progress(done, total, `downloading ${volume}`, 'bytes') },
      })
    }
    log.info(`downloaded '${volume}'`)
  },
})

function copyArgv(from: string, path: string): string[] {
  return ['cp', '--sparse=never', '--', from, `${path}.part`]
}

/** A file of the host: cp writes beside it, and the name is given by a link, which refuses one that is taken. */
async function copyFile(from: string, path: string, checksum: Checksum | undefined, {host, signal}: Context): Promise<void> {
  const part = `${path}.part`
  try {
    await host.run(copyArgv(from, path), {timeoutMs, signal})
    if (checksum !== undefined) await compare(host, part, checksum)
    await host.run(['sync', '--', part], {timeoutMs, signal})
    if (await host.files.stat(path) !== undefined) throw new ConflictError(`there is a file ${path} already`)
    await host.files.rename(part, path)
  } finally {
    await host.files.remove(part)
  }
}

const stepBytes = 4 * 1024 ** 2

/** @throws InvalidInputError when it is another file; NotFoundError */
export async function compare(host: Context['host'], path: string, checksum: Checksum): Promise<void> {
  const hash = createHash(checksum.algorithm)
  const stat = await host.files.stat(path)
  if (stat === undefined) throw new NotFoundError(`there is no file ${path}`)
  for (let offset = 0; offset < stat.sizeBytes; offset += stepBytes) hash.update(await host.files.readAt(path, offset, stepBytes))
  const digest = hash.digest('hex')
  if (digest !== checksum.digest.toLowerCase()) throw new InvalidInputError(`${path} is not what the index says: its ${checksum.algorithm} checksum is ${digest}, not ${checksum.digest}`, {checksum: 'is that of another file'})
}
