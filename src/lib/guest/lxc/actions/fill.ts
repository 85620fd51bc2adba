// Fills the root file system of a new container from an archive, sets it up, and puts its whole configuration into force: what distribution it is shows
// only once it is unpacked. Taken back, the configuration says again that the container is being made; the volumes go by their own undo.
import type {Action, Context} from '../../../tasks/index.ts'
import {defineAction, storeCommitStep, unifiedDiff} from '../../../tasks/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {writeKey} from '../../pending.ts'
import {formatLxcConfig, idMapOf, mountPoints, parseLxcConfig, readMountPoint} from '../config/index.ts'
import {containerConfigPath} from '../kind.ts'
import {withContainerSpace} from '../mount-space/open-container-space.ts'
import {containerPaths, hostKeyFolder} from '../runtime/paths.ts'
import {detectDistribution, setUp} from '../setup/index.ts'
import {unpack} from '../templates/unpack.ts'

const sparedShare = 0.05

export interface Fill extends Action {
  readonly kind: 'lxc.fill'
  readonly vmid: number
  readonly path: string
  /** The configuration while the container is being made, and as it will be. */
  readonly reserved: string
  readonly text: string
  readonly archive: string
  /** How much may come out of the archive; 0 for nearly all that the storage has free. */
  readonly maxBytes: number
  readonly ignoreErrors: boolean
  /** Of root's password; shown to nobody. */
  readonly passwordHash?: string
  readonly sshKeys?: string
}

export const fill = defineAction<Fill>({
  kind: 'lxc.fill',
  describe: ({vmid, path, reserved, text, archive}) => [
    `# unpack ${archive} into the root file system of container ${vmid}, as its own root, and set it up`, ...unifiedDiff(path, reserved, text),
  ],
  shown: (action) => action.passwordHash === undefined ? action : {...action, passwordHash: '<hidden>'},
  run: async ({vmid, path, reserved, text, archive, maxBytes, ignoreErrors, passwordHash, sshKeys}, context) => {
    const config = parseLxcConfig(text)
    const {current} = config
    const map = idMapOf(current)
    const {storage, id} = await openVolume(archive, context)
    const roomBytes = maxBytes > 0 ? maxBytes : await freeBytes(current.values['rootfs'] ?? '', context)
    const ostype = await withContainerSpace({vmid, map, points: mountPoints(current.values).filter(({key}) => key === 'rootfs')}, context, async ({space, tree}) => {
      await unpack({storage, archive: id, rootfs: containerPaths(context.places, vmid).rootfs, map, maxBytes: roomBytes, ignoreErrors}, space, context)
      const found = current.values['ostype'] ?? await detectDistribution(tree)
      const values = {...current.values, ostype: found}
      await setUp({
        tree, section: {...current, values}, map, vmid, isNew: true,
        ...(passwordHash === undefined ? {} : {passwordHash}), ...(sshKeys === undefined ? {} : {sshKeys}),
      }, context)
      return found
    })
    await commit(path, reserved, formatLxcConfig(withOsType(config, ostype)), context)
  },
})

/** Of what the storage of a folder without a limit has free, a little stays so. */
async function freeBytes(rootfs: string, context: Context): Promise<number> {
  const {source} = readMountPoint('rootfs', rootfs)
  const {storage} = await openVolume(source, context)
  return Math.floor((await storage.usage()).availableBytes * (1 - sparedShare))
}

function withOsType(config: GuestConfig, ostype: string): GuestConfig {
  return writeKey(config, 'ostype', ostype)
}

async function commit(path: string, before: string, after: string, context: Context): Promise<void> {
  const action = storeCommitStep([{path, was: {data: before}, text: after}]).do
  await (await context.actionKind(action.kind)).run(action, context)
}

export interface Unfill extends Action {
  readonly kind: 'lxc.unfill'
  readonly vmid: number
  readonly reserved: string
}

export const unfill = defineAction<Unfill>({
  kind: 'lxc.unfill',
  describe: ({vmid}) => [`# the configuration of container ${vmid} says again that it is being made`],
  run: async ({vmid, reserved}, context) => {
    await context.host.files.removeTree(hostKeyFolder(context.places, vmid))
    const path = containerConfigPath(context.node, vmid)
    const file = await context.store.read(path)
    if (file !== undefined && file.data !== reserved) await commit(path, file.data, reserved, context)
  },
})
