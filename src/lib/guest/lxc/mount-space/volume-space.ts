// Volumes mounted where nobody else sees them, for work on what is in them: no devices of theirs can be opened and no program of theirs gets more rights.
import type {MountSpace} from '../../../host/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {mountBase} from '../runtime/paths.ts'
import {withNeededOptions} from './file-system-options.ts'
import {mountArgv} from './mount-argv.ts'

export interface VolumeWish {
  readonly volume: string
  readonly snapshot?: string
  /** Is not written, not even by its journal, and may not be. */
  readonly isReadOnly?: boolean
}

/** Runs something with the volumes mounted, and lets go of them whatever happens. @param use gets the places in the space, in the order of the volumes */
export async function withVolumeSpace<T>(wishes: readonly VolumeWish[], context: Context, use: (space: MountSpace, places: readonly string[]) => Promise<T>): Promise<T> {
  const attached = await attachAll(wishes, context)
  const space = await context.host.openMountSpace()
  try {
    if (await context.host.files.stat(mountBase) === undefined) await context.host.files.makeDirectory(mountBase, 0o755)
    await space.run(['mount', '-t', 'tmpfs', '-o', 'mode=700,size=1m,nr_inodes=1k,nodev,nosuid', 'tmpfs', mountBase], {signal: context.signal})
    const places = attached.map((_path, index) => `${mountBase}/volume-${index}`)
    await space.run(['mkdir', '--', ...places], {signal: context.signal})
    for (const [index, {path, wish}] of attached.entries()) {
      const kind = (await context.host.files.stat(path, {followLinks: true}))?.kind ?? 'file'
      const options = ['nodev', 'nosuid', ...(wish.isReadOnly === true && kind !== 'directory' ? ['norecovery'] : [])]
      const point = await withNeededOptions({key: wish.volume, type: 'volume', readOnly: wish.isReadOnly === true, acl: undefined, quota: false, options} as const, path, kind, context.host)
      await space.run(mountArgv(path, kind, places[index] ?? '', point), {signal: context.signal, timeoutMs: 60_000})
    }
    return await use(space, places)
  } finally {
    await space.close()
    for (const {wish} of attached) {
      const {storage, id} = await openVolume(wish.volume, context)
      if (wish.snapshot !== undefined) await storage.detach(id, wish.snapshot)
    }
  }
}

async function attachAll(wishes: readonly VolumeWish[], context: Context): Promise<{path: string; wish: VolumeWish}[]> {
  const attached: {path: string; wish: VolumeWish}[] = []
  for (const wish of wishes) {
    const {storage, id} = await openVolume(wish.volume, context)
    await storage.activate()
    attached.push({path: await storage.attach(id, wish.snapshot), wish})
  }
  return attached
}
