// Makes a new volume ready for a container: an image gets a file system, a folder its owner. Both belong to the container's root.
import type {Action} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {openVolume} from '../../../storage/index.ts'

export interface FormatVolume extends Action {
  readonly kind: 'lxc.format-volume'
  readonly volume: string
  /** The path that the storage will give, for a dry run. */
  readonly path: string
  readonly isFolder: boolean
  readonly uid: number
  readonly gid: number
}

const limitMs = 30 * 60_000

export const formatVolume = defineAction<FormatVolume>({
  kind: 'lxc.format-volume',
  describe: (action) => [commandLine(argvOf(action, action.path))],
  run: async (action, context) => {
    const {storage, id} = await openVolume(action.volume, context)
    const path = await storage.attach(id)
    await context.host.run(argvOf(action, path), {timeoutMs: limitMs, signal: context.signal, diesWithUs: true})
  },
})

function argvOf({isFolder, uid, gid}: FormatVolume, path: string): string[] {
  return isFolder ? ['chown', '--no-dereference', `${uid}:${gid}`, '--', path] : ['mkfs.ext4', '-q', '-F', '-E', `root_owner=${uid}:${gid}`, '--', path]
}
