// The actions on a snapshot of a volume that nobody has open, or whose storage makes snapshots beneath whoever has: taking it, going back
// to it, removing it. The last is the undo of the first, and right when there is none.
import {UnsupportedError} from '../../base/index.ts'
import type {Action, Context} from '../../tasks/index.ts'
import {defineAction} from '../../tasks/index.ts'
import {openVolume} from '../open-storage.ts'
import type {VolumeId, VolumeSnapshots} from '../storage.ts'
import {shownCommands} from './shown-commands.ts'

interface OfSnapshot extends Action {
  readonly volume: string
  readonly name: string
  readonly commands?: readonly (readonly string[])[]
}

export const volumeSnapshot = defineAction<OfSnapshot & {readonly kind: 'volume.snapshot'}>({
  kind: 'volume.snapshot',
  // create() refuses a name that is taken before it touches anything: that snapshot is somebody else's and stays.
  conflictMeansUntouched: true,
  describe: ({volume, name, commands}) => [`# snapshot '${name}' of ${volume}`, ...shownCommands(commands)],
  run: async ({volume, name}, context) => {
    const {snapshots, id} = await opened(volume, context)
    await snapshots.create(id, name)
    context.log.info(`took snapshot '${name}' of '${volume}'`)
  },
})

export const volumeRollback = defineAction<OfSnapshot & {readonly kind: 'volume.rollback'}>({
  kind: 'volume.rollback',
  conflictMeansUntouched: true,
  describe: ({volume, name, commands}) => [`# ${volume} goes back to snapshot '${name}'`, ...shownCommands(commands)],
  run: async ({volume, name}, context) => {
    const {snapshots, id} = await opened(volume, context)
    await snapshots.rollback(id, name)
    context.log.info(`'${volume}' is as in snapshot '${name}'`)
  },
})

export const volumeDropSnapshot = defineAction<OfSnapshot & {readonly kind: 'volume.drop-snapshot'}>({
  kind: 'volume.drop-snapshot',
  conflictMeansUntouched: true,
  describe: ({volume, name, commands}) => [`# remove snapshot '${name}' of ${volume}`, ...shownCommands(commands)],
  run: async ({volume, name}, context) => {
    const {snapshots, id} = await opened(volume, context)
    await snapshots.remove(id, name)
    context.log.info(`removed snapshot '${name}' of '${volume}'`)
  },
})

async function opened(volume: string, context: Context): Promise<{snapshots: VolumeSnapshots; id: VolumeId}> {
  const {storage, id} = await openVolume(volume, context)
  await storage.activate()
  if (storage.snapshots === undefined) throw new UnsupportedError(`storage '${id.storage}' has no snapshots`)
  return {snapshots: storage.snapshots, id}
}
