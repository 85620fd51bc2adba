// Brings what a running container wrote to disk, before its volumes are taken beneath it. Right as well for one that has ended meanwhile.
import type {Action} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {inMountsOf} from '../../mount-space/in-mounts-of.ts'
import {monitorOf} from '../status.ts'

export interface SyncContainer extends Action {
  readonly kind: 'lxc.sync'
  readonly vmid: number
  /** Where its file systems are mounted, in its mount space. */
  readonly places: readonly string[]
}

/** A slow disk may have much to write. */
const limitMs = 30 * 60_000

export const sync = defineAction<SyncContainer>({
  kind: 'lxc.sync',
  describe: ({vmid, places}) => places.map((place) => `# in the mount space of container ${vmid}: ${commandLine(syncArgv(place))}`),
  run: async ({vmid, places}, context) => {
    const monitor = await monitorOf(vmid, context)
    if (monitor === undefined) return
    for (const place of places) await context.host.run(inMountsOf(monitor, syncArgv(place)), {timeoutMs: limitMs, signal: context.signal})
  },
})

function syncArgv(place: string): string[] {
  return ['sync', '--file-system', '--', place]
}
