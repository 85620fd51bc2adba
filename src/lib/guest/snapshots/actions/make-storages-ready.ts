// Looks that the storages of a guest's disks can be used, before anything is changed.
import {openStorage} from '../../../storage/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {defineAction} from '../../../tasks/index.ts'

export interface MakeStoragesReady extends Action {
  readonly kind: 'guest.make-storages-ready'
  readonly storages: readonly string[]
}

export const makeStoragesReadyAction = defineAction<MakeStoragesReady>({
  kind: 'guest.make-storages-ready',
  describe: ({storages}) => storages.map((storage) => `# make storage ${storage} ready`),
  run: async ({storages}, context) => {
    for (const name of storages) await (await openStorage(name, context)).activate()
  },
})
