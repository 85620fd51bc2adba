// Mounts a stopped container's file systems for the administrator, where everybody on the host sees them, and takes that back. The root file system is the
// container's own work: where a mount point belongs is found by a walk that no link leads astray, and mounted on by its descriptor.
import {NotFoundError} from '../../../base/index.ts'
import type {FileStat} from '../../../host/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {idMapOf, mountPoints} from '../config/index.ts'
import type {MountPoint} from '../config/index.ts'
import {withNeededOptions} from '../mount-space/file-system-options.ts'
import {mountArgv} from '../mount-space/mount-argv.ts'
import {ownerIn} from '../mount-space/open-container-space.ts'
import {containerPaths} from '../runtime/paths.ts'
import {hostFolders, hostPlaces, mountedPlaces, unmountArgvs} from './host-mounts.ts'

const limitMs = 60_000

export interface MountOnHost extends Action {
  readonly kind: 'lxc.mount-on-host'
  readonly vmid: number
  readonly section: ConfigSection
  /** As it will be, for a dry run: only storages know for sure where a volume is. */
  readonly argvs: readonly (readonly string[])[]
}

export const mountOnHost = defineAction<MountOnHost>({
  kind: 'lxc.mount-on-host',
  describe: ({section, argvs}) => [
    ...argvs.map((argv) => commandLine(argv)), ...mountPoints(section.values).slice(1).map(({key, path}) => `# mount ${key} once more at ${path} below the root file system`),
  ],
  run: async ({vmid, section}, context) => {
    const {host, places} = context
    const points = mountPoints(section.values)
    for (const {key, place} of hostPlaces(places, vmid, points.map((point) => point.key))) {
      const point = points.find((each) => each.key === key)
      if (point === undefined) continue
      const source = await sourceOf(point, context)
      const stat = await host.files.stat(source, {followLinks: true})
      if (stat === undefined) throw new NotFoundError(`${key} of container ${vmid}: ${source} does not exist`, {data: {vmid, key}})
      await host.files.makeDirectory(place, 0o755)
      await host.run(mountArgv(source, stat.kind, place, await withNeededOptions(point, source, stat.kind, host)), {timeoutMs: limitMs, signal: context.signal, diesWithUs: true})
    }
    await join(vmid, section, context)
  },
})

/** Outer mount points first: others may lie within them. */
async function join(vmid: number, section: ConfigSection, {host, places, signal}: Context): Promise<void> {
  const points = mountPoints(section.values).slice(1)
  if (points.length === 0) return
  const tree = await host.openTree(containerPaths(places, vmid).rootfs)
  try {
    for (const {key, path} of points.sort((a, b) => a.path.split('/').length - b.path.split('/').length)) {
      await tree.makeDirectory(path, ownerIn(idMapOf(section)))
      const [{place} = {place: ''}] = hostPlaces(places, vmid, [key])
      await tree.withFolder(path, (folder) => host.run(['mount', '--no-canonicalize', '--rbind', '--', place, folder], {timeoutMs: limitMs, signal, diesWithUs: true}))
    }
  } finally {
    tree.close()
  }
}

/** What will mount each of the file systems at its place. */
export async function plannedMounts(vmid: number, section: ConfigSection, context: Context): Promise<string[][]> {
  return Promise.all(mountPoints(section.values).map(async (point) => {
    const [{place} = {place: ''}] = hostPlaces(context.places, vmid, [point.key])
    const planned = async (source: string, kind: FileStat['kind']) => mountArgv(source, kind, place, await withNeededOptions(point, source, kind, context.host))
    if (point.type !== 'volume') return planned(point.source, point.type === 'bind' ? 'directory' : 'block')
    const {storage, id} = await openVolume(point.source, context)
    const path = storage.path(id)
    return planned(path, storage.parseName(id.name).format === 'subvol' ? 'directory' : path.startsWith('/dev/') ? 'block' : 'file')
  }))
}

async function sourceOf(point: MountPoint, context: Context): Promise<string> {
  if (point.type !== 'volume') return point.source
  const {storage, id} = await openVolume(point.source, context)
  await storage.activate()
  return storage.attach(id)
}

export interface UnmountOnHost extends Action {
  readonly kind: 'lxc.unmount-on-host'
  readonly vmid: number
  /** rootfs and mount points. */
  readonly keys: readonly string[]
  /** What it does by what is mounted when it is planned, for a dry run. */
  readonly argvs: readonly (readonly string[])[]
}

export const unmountOnHost = defineAction<UnmountOnHost>({
  kind: 'lxc.unmount-on-host',
  describe: ({argvs, keys, vmid}) => argvs.length === 0 ? [`# unmount ${keys.join(', ')} of container ${vmid}`] : argvs.map((argv) => commandLine(argv)),
  run: async ({vmid, keys}, context) => {
    for (const argv of await unmountSteps(vmid, keys, context)) await context.host.run(argv, {timeoutMs: limitMs, okExitCodes: argv[0] === 'rmdir' ? [0, 1] : [0]})
  },
})

/** What unmounts whatever is mounted of a container, and removes the folders. */
export async function unmountSteps(vmid: number, keys: readonly string[], context: Pick<Context, 'host' | 'places'>): Promise<string[][]> {
  const {host, places} = context
  const mounted = await mountedPlaces(hostPlaces(places, vmid, keys).map(({place}) => place), context)
  const folders: string[] = []
  for (const folder of hostFolders(places, vmid, keys)) if (await host.files.stat(folder) !== undefined) folders.push(folder)
  return [...unmountArgvs(mounted), ...folders.map((folder) => ['rmdir', '--', folder])]
}
