// Makes the volumes of a guest available on the host before it starts, and lets go of them after it has ended.
import {errorChain} from '../../base/index.ts'
import type {Action} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'

export interface VolumesAction extends Action {
  readonly volumes: readonly string[]
}

export const attachVolumes = defineAction<VolumesAction & {readonly kind: 'guest.attach-volumes'}>({
  kind: 'guest.attach-volumes',
  describe: ({volumes}) => volumes.map((volume) => `# make ${volume} available`),
  run: async ({volumes}, context) => {
    const {openVolume} = await import('../../storage/index.ts')
    for (const volume of volumes) {
      const {storage, id} = await openVolume(volume, context)
      await storage.activate()
      await storage.attach(id)
    }
  },
})

/** A volume that cannot be let go of is told and left; the guest has ended all the same. */
export const detachVolumes = defineAction<VolumesAction & {readonly kind: 'guest.detach-volumes'}>({
  kind: 'guest.detach-volumes',
  describe: ({volumes}) => volumes.map((volume) => `# let go of ${volume}`),
  run: async ({volumes}, context) => {
    const {openVolume} = await import('../../storage/index.ts')
    for (const volume of volumes) {
      try {
        const {storage, id} = await openVolume(volume, context)
        await storage.detach(id)
      } catch (error) {
        context.log.warn(`${volume} could not be let go of: ${errorChain(error).join(': ')}`)
      }
    }
  },
})
