// The action that takes down the mount of a storage that was removed, if it is ours. What is in use, or hangs, is told and left: the storage is
// gone from the configuration by then. Right when it is done again.
import {AppError, errorChain} from '../../base/index.ts'
import type {Action} from '../../tasks/index.ts'
import {commandLine, defineAction} from '../../tasks/index.ts'
import {openConfigured} from '../open-storage.ts'
import type {StorageConfig} from '../storage.ts'

export interface StorageUnmount extends Action {
  readonly kind: 'storage.unmount'
  /** The section as it was. */
  readonly config: StorageConfig
  readonly path: string
}

export const storageUnmount = defineAction<StorageUnmount>({
  kind: 'storage.unmount',
  describe: ({path}) => ['# if Corral has mounted it:', commandLine(['umount', '--', path])],
  run: async ({config, path}, context) => {
    try {
      const {mount} = await openConfigured(config, context)
      if (await mount?.unmount() === true) context.log.info(`unmounted ${path}`)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      context.log.warn(`${path} stays mounted: ${errorChain(error).join(': ')}`)
    }
  },
})
