// Makes a volume larger and lets the file system on it take the new room, beneath a container that runs or in a mount space of our own. Right to be repeated:
// what has grown already stays as it is.
import {ForbiddenError, ToolError, UnavailableError} from '../../../base/index.ts'
import type {RunOptions, RunResult} from '../../../host/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {inMountsOf} from '../mount-space/in-mounts-of.ts'
import {withVolumeSpace} from '../mount-space/volume-space.ts'
import {containerPaths, mountPlace} from '../runtime/paths.ts'
import {monitorOf} from '../runtime/status.ts'
import {sizeText} from '../volumes.ts'

export interface ResizeVolume extends Action {
  readonly kind: 'lxc.resize-volume'
  readonly vmid: number
  readonly key: string
  readonly volume: string
  readonly sizeBytes: number
  /** The storage limits the folder; there is no file system of its own. */
  readonly isFolder: boolean
  /** For a dry run. */
  readonly isRunning?: boolean
  readonly commands: readonly (readonly string[])[]
}

const limitMs = 60 * 60_000

type Run = (argv: readonly string[], options?: RunOptions) => Promise<RunResult>

export const resizeVolume = defineAction<ResizeVolume>({
  kind: 'lxc.resize-volume',
  describe: ({vmid, key, volume, sizeBytes, isFolder, isRunning, commands}) => [
    `# make ${key} (${volume}) ${sizeText(sizeBytes)} large`, ...commands.map((argv) => commandLine(argv)),
    ...(isFolder ? [] : [`# let its file system grow, in ${isRunning === true ? `the mount space of container ${vmid}` : 'a mount space of our own'}: resize2fs for ext4, xfs_growfs for xfs`]),
  ],
  run: async ({vmid, key, volume, sizeBytes, isFolder}, context) => {
    const {storage, id} = await openVolume(volume, context)
    await storage.resize(id, sizeBytes)
    if (!isFolder) await growFileSystem(vmid, key, volume, context)
    context.log.info(`${key} (${volume}) has ${sizeText(sizeBytes)} now`)
  },
})

async function growFileSystem(vmid: number, key: string, volume: string, context: Context): Promise<void> {
  const monitor = await monitorOf(vmid, context)
  if (monitor === undefined) { await growUnused(volume, context); return }
  const {places} = context
  const place = key === 'rootfs' ? containerPaths(places, vmid).rootfs : mountPlace(places, vmid, key)
  const run: Run = (argv, options) => context.host.run(inMountsOf(monitor, argv), options)
  const {device, type} = await mountedAt(place, run, context)
  // A loop device keeps the size that its file had.
  if (device.startsWith('/dev/loop')) await run(['losetup', '--set-capacity', device], {signal: context.signal})
  await growMounted({device, type, place, again: `pct shutdown ${vmid}; pct resize ${vmid} ${key} +0`}, run, context)
}

/** Of ext4 without mounting it, after a check; xfs grows only while it is mounted. */
async function growUnused(volume: string, context: Context): Promise<void> {
  const {storage, id} = await openVolume(volume, context)
  await storage.activate()
  const path = await storage.attach(id)
  const space = await context.host.openMountSpace()
  try {
    const {stdout} = await space.run(['blkid', '--probe', '--match-tag', 'TYPE', '--output', 'value', path], {signal: context.signal, okExitCodes: [0, 2]})
    if (isExt(stdout.trim())) {
      // 1 says that something was put right.
      await space.run(['e2fsck', '-f', '-p', '--', path], {signal: context.signal, timeoutMs: limitMs, okExitCodes: [0, 1]})
      await space.run(['resize2fs', '--', path], {signal: context.signal, timeoutMs: limitMs})
      return
    }
  } finally {
    await space.close()
  }
  await withVolumeSpace([{volume}], context, async (other, [place = '']) => {
    const run: Run = (argv, options) => other.run(argv, options)
    await growMounted({...await mountedAt(place, run, context), place, again: ''}, run, context)
  })
}

function isExt(type: string): boolean {
  return /^ext[234]$/.test(type)
}

async function mountedAt(place: string, run: Run, {signal}: Context): Promise<{device: string; type: string}> {
  const {stdout} = await run(['findmnt', '--noheadings', '--raw', '--first-only', '--output', 'SOURCE,FSTYPE', '--mountpoint', place], {signal})
  const [device = '', type = ''] = stdout.trim().split(' ')
  return {device, type}
}

interface MountedFileSystem {
  readonly device: string
  readonly type: string
  readonly place: string
  /** What to do where the kernel does not let it grow while it is mounted. */
  readonly again: string
}

/** @throws UnavailableError for one that is not known, ForbiddenError where the kernel wants more rights than we have */
async function growMounted({device, type, place, again}: MountedFileSystem, run: Run, {signal}: Context): Promise<void> {
  const options = {signal, timeoutMs: limitMs}
  if (type === 'xfs') { await run(['xfs_growfs', place], options); return }
  if (!isExt(type)) throw new UnavailableError(`the volume has grown, but not the file system on it: ${type === '' ? 'it has none that is known' : `${type} is not ext4 or xfs`}`)
  try {
    await run(['resize2fs', '--', device], options)
  } catch (cause) {
    if (!(cause instanceof ToolError) || !/Permission denied to resize/.test(cause.failure.stderr)) throw cause
    throw new ForbiddenError('the volume has grown, but the kernel does not let the file system on it grow while it is mounted (CAP_SYS_RESOURCE is missing)', {cause, nextSteps: [`Let it grow while the container is off: ${again}`]})
  }
}
