// Gives blocks back to the storage that the file systems of a container do not use any more.
import {AppError} from '../../../base/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {idMapOf, mountPoints} from '../config/index.ts'
import {withContainerSpace} from '../mount-space/open-container-space.ts'
import {monitorOf} from '../runtime/status.ts'

export interface Trim extends Action {
  readonly kind: 'lxc.trim'
  readonly vmid: number
  readonly section: ConfigSection
  /** Where the file systems are in the container's mount space. */
  readonly targets: readonly {readonly key: string; readonly place: string}[]
}

const limitMs = 3_600_000
const trimArgv = (place: string) => ['fstrim', '--verbose', '--', place]

export const trim = defineAction<Trim>({
  kind: 'lxc.trim',
  describe: ({targets}) => targets.map(({place}) => `# in the mount space of the container: ${commandLine(trimArgv(place))}`),
  run: async ({vmid, section, targets}, context) => {
    if (targets.length === 0) return []
    const monitor = await monitorOf(vmid, context)
    if (monitor !== undefined) return trimAll(targets, (argv) => context.host.run(['nsenter', `--mount=/proc/${monitor.pid}/ns/mnt`, '--', ...argv], {timeoutMs: limitMs, signal: context.signal}), context)
    const keys = new Set(['rootfs', ...targets.map(({key}) => key)])
    return withContainerSpace({vmid, map: idMapOf(section), points: mountPoints(section.values).filter(({key}) => keys.has(key))}, context, ({space}) => trimAll(targets, (argv) => space.run(argv, {timeoutMs: limitMs, signal: context.signal}), context))
  },
})

/** One that cannot be trimmed, since its storage does not take blocks back, keeps no other from it. */
async function trimAll(targets: Trim['targets'], run: (argv: readonly string[]) => Promise<{readonly stdout: string}>, {log}: Context): Promise<string[]> {
  const lines: string[] = []
  for (const {key, place} of targets) {
    try {
      lines.push(`${key}: ${(await run(trimArgv(place))).stdout.trim().replace(`${place}: `, '').slice(0, 300)}`)
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'cancelled' || error.kind === 'internal') throw error
      log.warn(`${key} is not trimmed: ${error.message}`)
    }
  }
  return lines
}
