// Compares a file, or a piece of one, with the digest that came with it, before it is copied. Changes nothing.
import {createHash} from 'node:crypto'
import {CancelledError, InvalidInputError} from '../../../base/index.ts'
import type {DigestAlgorithm} from '../../../storage/import/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {defineAction} from '../../../tasks/index.ts'

export interface CheckDigest extends Action {
  readonly kind: 'guest.check-digest'
  readonly path: string
  /** What it is called there, for errors. */
  readonly name: string
  readonly offsetBytes: number
  readonly sizeBytes: number
  readonly algorithm: DigestAlgorithm
  readonly hex: string
}

const chunkBytes = 4 * 1024 * 1024

export const checkDigestAction = defineAction<CheckDigest>({
  kind: 'guest.check-digest',
  describe: ({path, name, algorithm, hex}) => [`# compare ${name} in ${path} with its ${algorithm.toUpperCase()} ${hex}`],
  run: async ({path, name, offsetBytes, sizeBytes, algorithm, hex}, {host, log, signal}) => {
    const hash = createHash(algorithm)
    for (let read = 0; read < sizeBytes;) {
      if (signal.aborted) throw new CancelledError()
      const chunk = await host.files.readAt(path, offsetBytes + read, Math.min(chunkBytes, sizeBytes - read))
      if (chunk.length === 0) throw new InvalidInputError(`${path} became shorter while it was read`)
      hash.update(chunk)
      read += chunk.length
      log.progress(read, sizeBytes, `comparing ${name} with its digest`, 'bytes')
    }
    if (hash.digest('hex') !== hex) {
      throw new InvalidInputError(`'${name}' is damaged: its ${algorithm.toUpperCase()} is not the one that came with it`, {}, {nextSteps: ['Fetch it anew.']})
    }
  },
})
