// A worker on a full disk can write neither its log nor why: whoever waited for it looks at the disk instead.
import type {Context} from './context.ts'

/** With less than this, programs and the store fail although a byte or two could still be written. */
const scarceBytes = 1024 * 1024

export interface FullDisk {
  readonly sentence: string
  readonly nextStep: string
}

/** What is worth saying about the first of these folders whose file system has no space left; undefined when all have some. */
export async function findFullDisk(folders: readonly string[], {files}: Pick<Context['host'], 'files'>): Promise<FullDisk | undefined> {
  for (const folder of folders) {
    const space = await files.space(folder).catch(() => undefined)
    if (space === undefined || space.availableBytes >= scarceBytes) continue
    return {
      sentence: `the file system of ${folder} is full (${Math.floor(space.availableBytes / 1024)} KiB are free)`,
      nextStep: `Make room on the file system of ${folder} (df ${folder}), then repeat the command.`,
    }
  }
  return undefined
}
