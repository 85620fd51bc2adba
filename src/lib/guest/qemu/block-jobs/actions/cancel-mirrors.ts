// Takes back what mirror-drives and end-mirrors began: jobs are broken off, their nodes closed, and a guest that was held for a moment goes
// on. Right whatever of it was done, also when the guest has ended meanwhile, and when repeated. The drives stay on their own volumes.
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {runtimeStatus} from '../../runtime/status.ts'
import {isOver, onMonitor, ownJobs, waitForJobs} from '../job-state.ts'
import type {MirrorPlace} from '../mirror.ts'
import {jobId} from '../mirror.ts'
import {removeNode} from '../nodes.ts'

export interface CancelMirrors extends Action {
  readonly kind: 'qemu.cancel-mirrors'
  readonly vmid: number
  readonly mirrors: readonly MirrorPlace[]
  /** The guest was running when it began, so it is let go on. */
  readonly resumes?: boolean
}

const cancelLimitMs = 5 * 60_000

export const cancelMirrors = defineAction<CancelMirrors>({
  kind: 'qemu.cancel-mirrors',
  describe: ({mirrors}) => mirrors.map(({key}) => `# break off the copy of ${key}`),
  run: async ({vmid, mirrors, resumes = false}, context) => {
    if (await runtimeStatus(vmid, context) === undefined) return
    if (resumes) await onMonitor(vmid, context, (client) => client.execute('cont'))
    await breakOff(vmid, mirrors.map(({key}) => jobId(key)), context)
    await onMonitor(vmid, context, async (client) => {
      for (const {nodeName} of mirrors) await removeNode(client, nodeName)
    })
  },
})

async function breakOff(vmid: number, ids: readonly string[], context: Context): Promise<void> {
  const jobs = await ownJobs(vmid, ids, context)
  await onMonitor(vmid, context, async (client) => {
    for (const job of jobs) if (!isOver(job)) await client.execute('block-job-cancel', {device: job.id, force: true})
  })
  await waitForJobs(vmid, ids, (now) => now.every(isOver), cancelLimitMs, context)
  await dismissJobs(vmid, ids, context)
}

/** Forgets jobs that are over; the drives that they stood for may have others then. */
export async function dismissJobs(vmid: number, ids: readonly string[], context: Context): Promise<void> {
  const over = (await ownJobs(vmid, ids, context)).filter(isOver)
  await onMonitor(vmid, context, async (client) => {
    for (const {id} of over) await client.execute('job-dismiss', {id})
  })
}
