// Checks and repairs the file system of a container's volume, while nobody has it mounted.
import {ToolError, UnsupportedError} from '../../../base/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {openVolume} from '../../../storage/index.ts'

export interface CheckFileSystem extends Action {
  readonly kind: 'lxc.check-file-system'
  readonly vmid: number
  readonly key: string
  /** A volume, or the path of a device. */
  readonly source: string
  readonly argv: readonly string[]
}

const limitMs = 24 * 3_600_000

/** What checks a file system of a type, as blkid(8) names it; undefined for one that has no such program. */
export function checkArgv(type: string, path: string, isForced: boolean): string[] | undefined {
  // 1 and 2 of fsck(8): what was wrong has been repaired.
  if (/^ext[234]$/.test(type)) return ['e2fsck', '-p', ...(isForced ? ['-f'] : []), '--', path]
  return type === 'xfs' ? ['xfs_repair', '--', path] : undefined
}

export const checkFileSystem = defineAction<CheckFileSystem>({
  kind: 'lxc.check-file-system',
  describe: ({argv}) => [commandLine(argv)],
  run: async ({vmid, key, source, argv}, context) => {
    if (!source.startsWith('/')) {
      const {storage, id} = await openVolume(source, context)
      await storage.attach(id)
    }
    const lines: string[] = []
    try {
      await context.host.run(argv, {timeoutMs: limitMs, signal: context.signal, diesWithUs: true, okExitCodes: argv[0] === 'e2fsck' ? [0, 1] : [0], onLine: (line) => { lines.push(line.replace(/^e2fsck: /, '')) }})
      return lines.slice(-200)
    } catch (cause) {
      if (!(cause instanceof ToolError)) throw cause
      throw new ToolError(`the file system of ${key} of container ${vmid} could not be repaired by itself`, {...cause.failure, cause, nextSteps: [argv[0] === 'e2fsck' ? `Repair it by hand: e2fsck ${argv.at(-1) ?? ''}` : 'Look at what it said.']})
    }
  },
})

/** @throws UnsupportedError */
export function requireCheckable(type: string, key: string, path: string, isForced: boolean): string[] {
  const argv = checkArgv(type, path, isForced)
  if (argv === undefined) throw new UnsupportedError(`${key} holds ${type === '' ? 'no file system that is known' : `the file system ${type}`}, which is not checked from outside`)
  return argv
}
