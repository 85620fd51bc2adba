// The small files at the beginning of a tar archive, whatever it is called and however it is compressed.
import type {Context} from '../../tasks/index.ts'
import {compressionOf, plainBeginning} from './plain-beginning.ts'
import {findInTar} from './tar-beginning.ts'

const maxFileBytes = 1024 * 1024
/** vzdump puts a container's configuration before all else. */
const lookedAtBytes = [64 * 1024, 4 * 1024 * 1024] as const

/**
 * Those of the files that are there.
 * @param path of a file of the host
 * @param names as vzdump writes them, without `./` before them
 * @throws InvalidInputError when it is no archive, or a damaged one; UnavailableError
 */
export async function archivedFiles(path: string, names: readonly string[], context: Pick<Context, 'host' | 'signal'>): Promise<Readonly<Record<string, Buffer>>> {
  const compression = compressionOf(await context.host.files.readAt(path, 0, 512))
  for (const maxBytes of lookedAtBytes) {
    const start = await plainBeginning(path, compression === 'none' ? undefined : compression, maxBytes, context)
    const found = filesInBeginning(start, names)
    if (found.isOver || start.length < maxBytes) return found.files
  }
  return {}
}

/** Pure. `isOver`: more of the archive would not tell more. */
export function filesInBeginning(start: Buffer, names: readonly string[]): {readonly files: Readonly<Record<string, Buffer>>; readonly isOver: boolean} {
  const finds = names.map((name) => [name, findInTar(start, name, maxFileBytes)] as const)
  return {
    files: Object.fromEntries(finds.flatMap(([name, {data}]) => data === undefined ? [] : [[name, data]])),
    isOver: finds.every(([, {data, isOver}]) => data !== undefined || isOver),
  }
}
