// Ends mirror jobs so that their volumes are left as copies of one and the same moment, and the guest goes on with its own. Undone by
// cancel-mirrors, which lets the guest go on should we die while it is held.
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {isOver, onMonitor, waitForJobs} from '../job-state.ts'
import type {MirrorPlace} from '../mirror.ts'
import {jobId, shownQmp} from '../mirror.ts'
import {removeNode} from '../nodes.ts'
import {dismissJobs} from './cancel-mirrors.ts'
import {copyError} from './mirror-drives.ts'

export interface EndMirrors extends Action {
  readonly kind: 'qemu.end-mirrors'
  readonly vmid: number
  readonly mirrors: readonly MirrorPlace[]
  /** The guest is held for the moment, so that the copies are of one instant. Not where its file systems are frozen, or it does not run anyway. */
  readonly holds: boolean
}

/** What is left to copy when a job is ready is what the guest has just written. */
const endLimitMs = 10 * 60_000

export const endMirrors = defineAction<EndMirrors>({
  kind: 'qemu.end-mirrors',
  describe: ({mirrors, holds}) => [
    ...(holds ? [shownQmp('stop')] : []),
    ...mirrors.map(({key}) => shownQmp('block-job-cancel', {device: jobId(key)})),
    ...(holds ? [shownQmp('cont')] : []),
    ...mirrors.map(({key}) => shownQmp('job-dismiss', {id: jobId(key)})),
    ...mirrors.map(({nodeName}) => shownQmp('blockdev-del', {'node-name': nodeName})),
  ],
  run: async ({vmid, mirrors, holds}, context) => {
    const ids = mirrors.map(({key}) => jobId(key))
    if (holds) await onMonitor(vmid, context, (client) => client.execute('stop'))
    try {
      await leaveCopies(vmid, ids, context)
    } finally {
      if (holds) await onMonitor(vmid, uncancelled(context), (client) => client.execute('cont'))
    }
    await dismissJobs(vmid, ids, context)
    await onMonitor(vmid, context, async (client) => {
      for (const {nodeName} of mirrors) await removeNode(client, nodeName)
    })
    await letGo(mirrors, context)
    context.log.info('the copies are of one moment and complete')
  },
})

/** @throws UnavailableError when one of them failed at the last moment */
async function leaveCopies(vmid: number, ids: readonly string[], context: Context): Promise<void> {
  await onMonitor(vmid, context, async (client) => {
    // A job that is ready ends with a complete copy when it is cancelled without force.
    for (const id of ids) await client.execute('block-job-cancel', {device: id})
  })
  const jobs = await waitForJobs(vmid, ids, (now) => now.length < ids.length || now.every(isOver), endLimitMs, context)
  const failed = jobs.find(({error}) => error !== undefined)
  if (failed !== undefined || jobs.length < ids.length) throw copyError(failed)
}

async function letGo(mirrors: readonly MirrorPlace[], context: Context): Promise<void> {
  const {openVolume} = await import('../../../../storage/index.ts')
  for (const {volume} of mirrors) {
    const {storage, id} = await openVolume(volume, context)
    await storage.detach(id)
  }
}

/** A guest that is held goes on, whatever else is cancelled. */
function uncancelled(context: Context): Context {
  return {...context, signal: context.locksLost ?? new AbortController().signal}
}
