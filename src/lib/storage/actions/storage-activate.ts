// The action that makes a storage usable (its folders) before its section is written. It only ever makes empty folders, so it has no undo.
import type {Action} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import {openConfigured} from '../open-storage.ts'
import type {StorageConfig} from '../storage.ts'
import {shownCommands} from './shown-commands.ts'

export interface StorageActivate extends Action {
  readonly kind: 'storage.activate'
  /** The section as it is going to be; it is not in the store yet. */
  readonly config: StorageConfig
  /** What mounts it, to be shown; absent where nothing is mounted. */
  readonly commands?: readonly (readonly string[])[]
}

export const storageActivate = defineAction<StorageActivate>({
  kind: 'storage.activate',
  describe: ({config, commands}) => [`# make storage ${config.storage} ready (${commands === undefined ? 'its folders, or a look at its pool' : 'its mount and its folders'})`, ...shownCommands(commands)],
  run: async ({config}, context) => {
    const storage = await openConfigured(config, context)
    await storage.activate()
  },
})
