// Copies the files of a running container into a folder, for an archive in mode suspend: once while it runs, and what has changed once it stands still.
import {ToolError, NotFoundError, UnavailableError} from '../../../../base/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {withFewRights} from '../../mount-space/jail.ts'
import {ownerIn} from '../../mount-space/open-container-space.ts'
import {asContainerRoot} from '../../templates/extract-argv.ts'
import {copyPlace, rsyncArgv} from '../archive-argv.ts'
import {withBackupSpace} from '../backup-space.ts'
import type {BackupSpaceWish} from '../backup-space.ts'
import type {Excludes} from '../excludes.ts'

export interface CopyTree extends Action, BackupSpaceWish {
  readonly kind: 'lxc.copy-tree'
  /** The folder that takes it, each mount point by its key. */
  readonly folder: string
  readonly excludes: Excludes
  /** While the container runs: files may go meanwhile, and what is not whole is copied again. */
  readonly isFirst: boolean
}

const limitMs = 7 * 24 * 3600_000
const keptErrorBytes = 64 * 1024
/** rsync(1), EXIT VALUES: 23 is a transfer of not all files, 24 that files had gone. */
const notAll = [23, 24] as const

export const copyTree = defineAction<CopyTree>({
  kind: 'lxc.copy-tree',
  describe: ({points, map, folder, excludes, isFirst}) => [
    `# copy ${isFirst ? 'the files of the container while it runs' : 'what has changed since, while it stands still,'} to ${folder}, where nobody else sees them:`,
    ...points.map((point) => `#   ${commandLine(asContainerRoot(map, rsyncArgv(point, excludes, map.length > 0)))}`),
  ],
  run: async (action, context) => {
    const {vmid, map, points, folder, excludes, isFirst} = action
    const {uid, gid} = ownerIn(map)
    for (const {key} of points) {
      const path = `${folder}/${key}`
      if (await context.host.files.stat(path) !== undefined) continue
      await context.host.files.makeDirectory(path, 0o700)
      await context.host.run(['chown', '--no-dereference', `${uid}:${gid}`, '--', path])
    }
    await withBackupSpace(action, context, async ({space, jail, bind}) => {
      for (const point of points) {
        await bind(`${folder}/${point.key}`, `${copyPlace}/${point.key}`)
        const argv = asContainerRoot(map, [...withFewRights(jail), ...rsyncArgv(point, excludes, map.length > 0)])
        try {
          const {exitCode} = await space.run(argv, {timeoutMs: limitMs, signal: context.signal, diesWithUs: true, maxOutputBytes: keptErrorBytes, okExitCodes: isFirst ? [0, ...notAll] : [0]})
          if (exitCode !== 0) context.log.info(`some files of ${point.key} changed while they were copied`)
        } catch (error) {
          throw inOurWords(error, folder, context)
        }
      }
    })
    context.log.info(isFirst ? `copied the files of container ${vmid}` : `copied what had changed meanwhile`)
  },
})

function inOurWords(error: unknown, folder: string, {signal}: Context): unknown {
  if (signal.aborted || !(error instanceof ToolError)) return error
  const {stderr, exitCode} = error.failure
  if (exitCode === 127 || /chroot: failed to run command/.test(stderr)) return withoutRsync(error)
  const nextSteps = ['Name another folder for the copy: --tmpdir', 'Or back it up in mode stop: --mode stop']
  if (/No space left on device|Disk quota exceeded/.test(stderr)) return new UnavailableError(`there is not enough space for a copy of the files in ${folder}`, {cause: error, nextSteps})
  if (/Operation not supported|set_acl|lsetxattr/.test(stderr)) return new UnavailableError(`the file system of ${folder} cannot hold the access lists and attributes of the files`, {cause: error, nextSteps})
  return error
}

/** @throws UnavailableError naming the package */
export async function requireRsync({host}: Pick<Context, 'host'>): Promise<void> {
  if (await host.which('rsync') === undefined) throw withoutRsync(new NotFoundError('there is no program rsync'))
}

function withoutRsync(cause: unknown): UnavailableError {
  return new UnavailableError('a running container cannot be copied: rsync is not installed', {cause, nextSteps: ['apt-get install rsync', 'Or back it up in mode stop: --mode stop']})
}
