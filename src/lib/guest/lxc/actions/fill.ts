// Fills the root file system of a new container from an archive, sets it up, and puts its whole configuration into force: what distribution it is shows
// only once it is unpacked. Taken back, the configuration says again what it said before; the volumes go by their own undo.
import type {Action, Context} from '../../../tasks/index.ts'
import {defineAction, storeCommitStep, unifiedDiff} from '../../../tasks/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {isYes} from '../../guest-files.ts'
import {writeKey} from '../../pending.ts'
import {formatLxcConfig, idMapOf, isMountKey, mountPoints, parseLxcConfig, readMountPoint, withVolume} from '../config/index.ts'
import type {IdMap, MountPoint} from '../config/index.ts'
import {containerConfigPath} from '../kind.ts'
import {ownerIn, withContainerSpace} from '../mount-space/open-container-space.ts'
import {makeJail, withFewRights} from '../mount-space/jail.ts'
import type {ContainerSpace} from '../mount-space/open-container-space.ts'
import {containerInBeginning} from '../restore/archived-container.ts'
import {restoredSection} from '../restore/restored-config.ts'
import {containerPaths, hostKeyFolder, mountPlace} from '../runtime/paths.ts'
import {detectDistribution, setUp} from '../setup/index.ts'
import {archiveFile, openArchive, standardInput} from '../templates/archive-source.ts'
import type {ImageFill, ImageWish} from '../templates/oci/apply-image.ts'
import {unpack} from '../templates/unpack.ts'
import type {Unpacking} from '../templates/unpack.ts'

const sparedShare = 0.05

export interface Fill extends Action {
  readonly kind: 'lxc.fill'
  readonly vmid: number
  readonly path: string
  /** The configuration while the container is being made, and as it will be. */
  readonly reserved: string
  readonly text: string
  /** A volume, a path, or - for standard input. */
  readonly archive: string
  /** The keys of the volumes that the archive is unpacked into, and their sizes; 0 for nearly all that the storage has free. */
  readonly mounted: readonly string[]
  readonly roomBytes: Readonly<Record<string, number>>
  readonly ignoreErrors: boolean
  /** 0 for no limit. */
  readonly bytesPerSecond: number
  /** It is a backup: what is in it stays as it is. */
  readonly isRestored: boolean
  /** The rules of its firewall, which come into force with the configuration. */
  readonly firewall?: string
  /** The archive's own configuration is known only once it is unpacked, and goes behind these values. */
  readonly merge?: {readonly given: Readonly<Record<string, string>>; readonly isUnique: boolean}
  /** It becomes a template: the names that its volumes get in the steps that follow. */
  readonly bases?: Readonly<Record<string, string>>
  /** The archive is an image. */
  readonly image?: ImageFill
  /** Of root's password; shown to nobody. */
  readonly passwordHash?: string
  readonly sshKeys?: string
}

export const fill = defineAction<Fill>({
  kind: 'lxc.fill',
  describe: ({vmid, path, reserved, text, archive, isRestored, merge, firewall, image}) => [
    `# unpack ${image === undefined ? '' : 'layers' in image ? `${image.layers.length} layer${image.layers.length === 1 ? '' : 's'} of ` : 'the layers of the image in '}${archive === standardInput ? 'standard input' : archive} into the root file system of container ${vmid}, as its own root${isRestored ? '' : ', and set it up'}`,
    ...(image === undefined || 'layers' in image ? [] : ['# what the image says of its first process comes with it, behind what is said here']),
    ...(merge === undefined ? [] : ['# with it comes the configuration that it holds, behind what is said here']), ...unifiedDiff(path, reserved, text),
    ...(firewall === undefined ? [] : unifiedDiff(firewallPath(vmid), '', firewall)),
  ],
  shown: (action) => action.passwordHash === undefined ? action : {...action, passwordHash: '<hidden>'},
  run: async (action, context) => {
    const {vmid, path, reserved, text, archive, mounted, ignoreErrors, bytesPerSecond, isRestored, image, passwordHash, sshKeys} = action
    const config = parseLxcConfig(text)
    const {current} = config
    const map = idMapOf(current)
    const source = archive === standardInput ? standardInput : await archiveFile(archive, context)
    // What the container may only read is filled first.
    const points = mountPoints(current.values).filter(({key}) => mounted.includes(key)).map((point) => ({...point, readOnly: false}))
    const maxBytes = await roomFor(action, points, context)
    const filled = await withContainerSpace({vmid, map, points}, context, async (at) => {
      await joinMountPoints(vmid, points.slice(1), map, at, context)
      const {space, tree} = at
      const {uid, gid} = ownerIn(map)
      // The top folder is the container's before anything is made in it.
      await space.run(['chown', '--no-dereference', `${uid}:${gid}`, '--', containerPaths(context.places, vmid).rootfs])
      const jail = await makeJail({
        folder: mountPlace(context.places, vmid, 'jail'), root: containerPaths(context.places, vmid).rootfs, inner: points.slice(1).map((point) => point.path), hasNames: true,
      }, space)
      const common = {jail: withFewRights(jail), map, maxBytes, ignoreErrors, bytesPerSecond}
      const {config: whole, firewall = action.firewall} = image !== undefined && source !== standardInput && source.path !== undefined
        ? {config: await applyImage({...common, path: source.path, name: source.name, sizeBytes: source.sizeBytes}, image, config, at, context)}
        : await applyArchive({
          ...common, input: openArchive(source, context), name: source === standardInput ? 'standard input' : source.name, sizeBytes: source === standardInput ? 0 : source.sizeBytes,
        }, action, config, at, context)
      const ostype = whole.current.values['ostype'] ?? await detectDistribution(tree)
      if (!isRestored) {
        await setUp({
          tree, section: {...whole.current, values: {...whole.current.values, ostype}}, map, vmid, isNew: true,
          ...(passwordHash === undefined ? {} : {passwordHash}), ...(sshKeys === undefined ? {} : {sshKeys}),
        }, context)
      }
      return {config: writeKey(whole, 'ostype', ostype), firewall}
    })
    const rules = filled.firewall === undefined ? [] : [{path: firewallPath(vmid), was: await context.store.read(firewallPath(vmid)), text: filled.firewall}]
    await commit([{path, was: {data: reserved}, text: formatLxcConfig(withBases(filled.config, action.bases))}, ...rules], context)
  },
})

function withBases(config: GuestConfig, bases: Fill['bases'] = {}): GuestConfig {
  const values = Object.fromEntries(Object.entries(config.current.values).map(([key, text]) => {
    if (!isMountKey(key)) return [key, text]
    const {source, size} = readMountPoint(key, text)
    const base = bases[source]
    return [key, base === undefined ? text : withVolume(key, text, base, size)]
  }))
  return {...config, current: {...config.current, values}}
}

interface Filled { readonly config: GuestConfig; readonly firewall?: string }

async function applyArchive(wish: Unpacking, {merge}: Fill, config: GuestConfig, {space}: ContainerSpace, context: Context): Promise<Filled> {
  const {beginning} = await unpack(wish, space, context)
  return merge === undefined ? {config} : merged(config, merge, beginning, context)
}

async function applyImage(wish: ImageWish, image: ImageFill, config: GuestConfig, at: ContainerSpace, context: Context): Promise<GuestConfig> {
  const {imageInto} = await import('../templates/oci/apply-image.ts')
  return imageInto(wish, image, config, at, context)
}

function firewallPath(vmid: number): string {
  return `firewall/${vmid}.fw`
}

/** What was given, and the volumes, before what the archive says. Whose ids its files have was settled before it could be looked at. */
async function merged(config: GuestConfig, {given, isUnique}: NonNullable<Fill['merge']>, beginning: Buffer, context: Context): Promise<Filled> {
  const archived = containerInBeginning(beginning, 'standard input')
  const ids = archived.raw.filter(([key]) => key === 'lxc.idmap')
  for (const [key, value] of ids) context.log.warn(`left out of the backup's configuration: ${key}: ${value}`)
  const isUnprivileged = config.current.values['unprivileged'] === '1'
  const {template, ...archivedValues} = archived.values
  if (isYes(template)) context.log.warn('the backup is of a template; what is restored is a container, which can be made into one: pct template VMID')
  const section = await restoredSection({given, archived: {...archived, values: archivedValues, raw: archived.raw.filter((line) => !ids.includes(line))}, isUnique, others: {}, isUnprivileged}, context)
  const defaults = Object.fromEntries(['hostname', 'memory', 'swap', 'arch'].filter((key) => section.values[key] === undefined).map((key) => [key, config.current.values[key] ?? '']))
  const volumes = Object.fromEntries(Object.entries(config.current.values).filter(([key]) => /^(?:rootfs|mp\d+)$/.test(key)))
  return {config: {...config, current: {...section, values: {...defaults, ...section.values, ...volumes}}}, ...(archived.firewall === undefined ? {} : {firewall: archived.firewall})}
}

/**
 * Mounts the new, empty mount points within the new, empty root file system, the outer ones first: what the archive has below their paths comes into
 * them. Nothing of the archive is there yet, so no link can lead anywhere.
 */
async function joinMountPoints(vmid: number, points: readonly MountPoint[], map: IdMap, {space, tree}: ContainerSpace, {places}: Context): Promise<void> {
  const depth = ({path}: MountPoint) => path.split('/').length
  for (const {key, path} of [...points].sort((a, b) => depth(a) - depth(b))) {
    await tree.makeDirectory(path, ownerIn(map))
    await space.run(['mount', '--bind', '--', mountPlace(places, vmid, key), `${containerPaths(places, vmid).rootfs}${path}`])
  }
}

/** How much may come out of the archive: of what the storage of a folder without a limit has free, a little stays so. */
async function roomFor({roomBytes}: Fill, points: readonly MountPoint[], context: Context): Promise<number> {
  const open = new Map<string, number>()
  let sizedBytes = 0
  for (const {key, source} of points) {
    const sizeBytes = roomBytes[key] ?? 0
    sizedBytes += sizeBytes
    if (sizeBytes > 0) continue
    const {storage} = await openVolume(source, context)
    open.set(storage.config.storage, Math.floor((await storage.usage()).availableBytes * (1 - sparedShare)))
  }
  return sizedBytes + [...open.values()].reduce((sum, bytes) => sum + bytes, 0)
}

async function commit(files: Parameters<typeof storeCommitStep>[0], context: Context): Promise<void> {
  const action = storeCommitStep(files).do
  await (await context.actionKind(action.kind)).run(action, context)
}

export interface Unfill extends Action {
  readonly kind: 'lxc.unfill'
  readonly vmid: number
  readonly reserved: string
  /** Where the archive stands without its compression meanwhile. */
  readonly plainPath?: string
  /** The rules of the firewall as they were; null when there were none. Absent: they are not touched. */
  readonly firewall?: string | null
}

export const unfill = defineAction<Unfill>({
  kind: 'lxc.unfill',
  describe: ({vmid}) => [`# the configuration of container ${vmid} says again what it said before`],
  run: async ({vmid, reserved, firewall, plainPath}, context) => {
    await context.host.files.removeTree(hostKeyFolder(context.places, vmid))
    if (plainPath !== undefined) await context.host.files.remove(plainPath)
    const path = containerConfigPath(context.node, vmid)
    const file = await context.store.read(path)
    if (file !== undefined && file.data !== reserved) await commit([{path, was: file, text: reserved}], context)
    const rules = await context.store.read(firewallPath(vmid))
    if (firewall !== undefined && (rules?.data ?? null) !== firewall) await commit([{path: firewallPath(vmid), was: rules, text: firewall ?? undefined}], context)
  },
})
