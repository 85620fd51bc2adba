// The action that makes a storage usable (its folders) before its section is written. It only ever makes empty folders, so it has no undo.
import type {Action} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import {openConfigured} from '../open-storage.ts'
import type {StorageConfig} from '../storage.ts'

export interface StorageActivate extends Action {
  readonly kind: 'storage.activate'
  /** The section as it is going to be; it is not in the store yet. */
  readonly config: StorageConfig
}

export const storageActivate = defineAction<StorageActivate>({
  kind: 'storage.activate',
  describe: ({config}) => [`# make storage ${config.storage} ready (its folders, its mount, or a look at its pool)`],
  run: async ({config}, context) => {
    const storage = await openConfigured(config, context)
    await storage.activate()
  },
})
