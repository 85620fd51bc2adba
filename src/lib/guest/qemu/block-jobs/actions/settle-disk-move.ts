// The last part of moving a disk of a running guest, from which there is no way back: the configuration names the new volume, then the guest
// goes on with it. Until the very moment of the switch every write of the guest went to both volumes, so whichever the configuration names
// when something breaks here is right. It looks at how far things are and does the rest, so it may be repeated, also after the
// guest has ended. Where the copy broke at the last moment, the guest stays with the old volume and the new one is removed.
import {ToolError, UnavailableError} from '../../../../base/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {readGuest} from '../../guest-files.ts'
import {parseDriveText} from '../../drives/drive-text.ts'
import {runtimeStatus} from '../../runtime/status.ts'
import type {JobState} from '../job-state.ts'
import {isOver, onMonitor, ownJobs, waitForJobs} from '../job-state.ts'
import type {MirrorPlace} from '../mirror.ts'
import {jobId, shownQmp} from '../mirror.ts'
import {removeNode} from '../nodes.ts'
import {dismissJobs} from './cancel-mirrors.ts'
import {copyError} from './mirror-drives.ts'

export interface SettleDiskMove extends Action {
  readonly kind: 'qemu.settle-disk-move'
  readonly vmid: number
  readonly mirror: MirrorPlace
  /** The node of the old volume, closed where the running QEMU still has it. */
  readonly oldNodeName: string
  /** Writes the configuration with the new volume. */
  readonly commit: Action
  /** Writes it as it was. */
  readonly revert: Action
  /** What the commit changes, for a dry run. */
  readonly changes: readonly string[]
}

/** What is left to copy when a job is ready is what the guest has just written. */
const switchLimitMs = 10 * 60_000

export const settleDiskMove = defineAction<SettleDiskMove>({
  kind: 'qemu.settle-disk-move',
  // The texts of the configuration may hold what nobody is to see; `changes` is masked.
  shown: (action) => ({...action, commit: {kind: action.commit.kind}, revert: {kind: action.revert.kind}}),
  describe: ({mirror: {key, afterwards}, oldNodeName, changes}) => [
    ...changes,
    shownQmp('block-job-complete', {device: jobId(key)}), ...(afterwards === undefined ? [] : [shownQmp('blockdev-reopen', {options: afterwards})]),
    shownQmp('job-dismiss', {id: jobId(key)}),
    `${shownQmp('blockdev-del', {'node-name': oldNodeName})}, when QEMU still has it open`,
  ],
  run: async (action, context) => {
    const {vmid, mirror: {key}} = action
    try {
      if (await runtimeStatus(vmid, context) !== undefined) await settleWithGuest(action, context)
      else await settleWithoutGuest(action, context)
    } catch (error) {
      if (context.locksLost?.aborted === true || await runtimeStatus(vmid, context) !== undefined) throw error
      // It ended under our hands.
      await settleWithoutGuest(action, context)
    }
    context.log.info(`${key} is on '${action.mirror.volume}' now`)
  },
})

async function settleWithGuest(action: SettleDiskMove, context: Context): Promise<void> {
  const {vmid, mirror: {key}} = action
  const [job] = await ownJobs(vmid, [jobId(key)], context)
  if (job === undefined) return settleWithoutJob(action, context)
  const end = isOver(job) ? job : await switchOver(action, job, context)
  if (end === undefined || end.error !== undefined) return giveUp(action, end, context)
  await perform(action.commit, context)
  await asConfigured(action, context)
  await closeOldVolume(action, context)
}

async function perform(action: Action, context: Context): Promise<void> {
  await (await context.actionKind(action.kind)).run(action, context)
}

/** @returns how the job ended; undefined when it is gone without a word */
async function switchOver(action: SettleDiskMove, job: JobState, context: Context): Promise<JobState | undefined> {
  const {vmid, commit} = action
  const ids = [job.id]
  const ready = await waitForJobs(vmid, ids, (now) => now.every(({status}) => status === 'ready' || status === 'concluded'), switchLimitMs, context)
  if (ready.length === 0 || ready.some(isOver)) return ready[0]
  await perform(commit, context)
  await onMonitor(vmid, context, (client) => client.execute('block-job-complete', {device: job.id}))
  return (await waitForJobs(vmid, ids, (now) => now.every(isOver), switchLimitMs, context))[0]
}

/** Trim requests of the guest reach the storage until its next start where QEMU does not take this; nothing worse, so it is told and left. */
async function asConfigured({vmid, mirror: {key, afterwards}}: SettleDiskMove, context: Context): Promise<void> {
  if (afterwards === undefined) return
  try {
    await onMonitor(vmid, context, (client) => client.execute('blockdev-reopen', {options: afterwards}))
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    context.log.warn(`trim requests of the guest on ${key} reach the storage until its next start: ${error.message}`)
  }
}

async function closeOldVolume({vmid, mirror, oldNodeName}: SettleDiskMove, context: Context): Promise<void> {
  await dismissJobs(vmid, [jobId(mirror.key)], context)
  await onMonitor(vmid, context, (client) => removeNode(client, oldNodeName))
}

/** The guest stays with what it has. @throws UnavailableError always */
async function giveUp(action: SettleDiskMove, job: JobState | undefined, context: Context): Promise<never> {
  const {vmid, mirror, revert} = action
  await perform(revert, context)
  await dismissJobs(vmid, [jobId(mirror.key)], context)
  await onMonitor(vmid, context, (client) => removeNode(client, mirror.nodeName))
  await perform({kind: 'volume.remove', volume: mirror.volume}, context)
  throw copyError(job ?? {id: jobId(mirror.key), status: 'null', doneBytes: 0, totalBytes: 0})
}

/** The job was dismissed, which happens only after its end was settled: the configuration says how. */
async function settleWithoutJob(action: SettleDiskMove, context: Context): Promise<void> {
  if (!await isCommitted(action, context)) return giveUp(action, undefined, context)
  await closeOldVolume(action, context)
}

/** The guest has ended before the switch, or after it; both volumes hold the same if the configuration was written already. */
async function settleWithoutGuest(action: SettleDiskMove, context: Context): Promise<void> {
  if (await isCommitted(action, context)) return
  await perform({kind: 'volume.remove', volume: action.mirror.volume}, context)
  throw new UnavailableError(`the guest ended before ${action.mirror.key} was moved; the disk stays where it is`, {nextSteps: ['Repeat the command.']})
}

async function isCommitted({vmid, mirror}: SettleDiskMove, context: Context): Promise<boolean> {
  const text = (await readGuest(vmid, context)).config.current.values[mirror.key]
  return text !== undefined && parseDriveText(text).file === mirror.volume
}
