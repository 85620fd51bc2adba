// A disk of a backup, or a piece of it, in a temporary file without a name, because the kernel reads file systems in any order. What is zeros takes no room. While it fills, the room that is left is looked at,
// so that a file system of the host is not filled to its last byte.
import {UnavailableError} from '../../../base/index.ts'
import type {ScratchFile} from '../../../host/index.ts'
import type {Context} from '../../../tasks/index.ts'

/** Kept free for everybody else. */
const reservedBytes = 256 * 1024 * 1024
const lookEveryBytes = 64 * 1024 * 1024

type Place = Pick<Context, 'host' | 'signal'>

/** Lends the file and takes it away. @throws NotFoundError when the folder is not there; what the work throws */
export async function withScratch<R>(folder: string, sizeBytes: number, {host}: Place, work: (scratch: ScratchFile) => Promise<R>): Promise<R> {
  const scratch = await host.openScratchFile(folder)
  try {
    await scratch.setSize(sizeBytes)
    return await work(scratch)
  } finally {
    await scratch.close()
  }
}

export class ScratchWriter {
  readonly #scratch: ScratchFile
  readonly #folder: string
  readonly #context: Place
  #untilLook = 0

  constructor(scratch: ScratchFile, folder: string, context: Place) {
    this.#scratch = scratch
    this.#folder = folder
    this.#context = context
  }

  /** @throws UnavailableError when there is not enough room */
  async write(offset: number, data: Buffer): Promise<void> {
    this.#context.signal.throwIfAborted()
    this.#untilLook -= data.length
    if (this.#untilLook < 0) {
      const {availableBytes} = await this.#context.host.files.space(this.#folder)
      if (availableBytes < reservedBytes + data.length) throw noRoom(this.#folder)
      this.#untilLook = lookEveryBytes
    }
    try {
      await this.#scratch.write(offset, data)
    } catch (error) {
      throw noRoom(this.#folder, error)
    }
  }
}

function noRoom(folder: string, cause?: unknown): UnavailableError {
  return new UnavailableError(`there is not enough space in ${folder} for the disk`, {...(cause === undefined ? {} : {cause}), nextSteps: ['Name another folder for it: --tmpdir', `See what is free: df -h ${folder}`]})
}
