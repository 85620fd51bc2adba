// Copies drives of a running guest into volumes that a step before has made, until the copies are complete and kept so. What becomes of them
// then is another action's: end-mirrors leaves them as copies, settle-disk-move lets the guest go on with one. Undone by cancel-mirrors.
import {ConflictError, UnavailableError} from '../../../../base/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import type {JobState} from '../job-state.ts'
import {isOver, onMonitor, ownJobs, waitForJobs} from '../job-state.ts'
import type {CopyMode, DriveMirror} from '../mirror.ts'
import {jobId, mirrorArguments, shownQmp} from '../mirror.ts'
import {copyLimitMs} from '../../../../storage/index.ts'

export interface MirrorDrives extends Action {
  readonly kind: 'qemu.mirror-drives'
  readonly vmid: number
  readonly mirrors: readonly DriveMirror[]
  readonly copyMode: CopyMode
  /** In KiB a second, for all of them together. */
  readonly bandwidthKib?: number
}

export const mirrorDrives = defineAction<MirrorDrives>({
  kind: 'qemu.mirror-drives',
  conflictMeansUntouched: true,
  describe: (action) => action.mirrors.flatMap((mirror) => [
    `# copy ${mirror.key} to ${mirror.volume} while the guest runs`, shownQmp('blockdev-add', mirror.node), shownQmp('blockdev-mirror', argumentsOf(action, mirror)),
  ]),
  run: async (action, context) => {
    const {vmid, mirrors} = action
    if ((await ownJobs(vmid, idsOf(action), context)).length > 0) {
      throw new ConflictError(`a disk of virtual machine ${vmid} is being copied already`, {nextSteps: ['Put it right: corral doctor']})
    }
    await makeReady(mirrors, context)
    await onMonitor(vmid, context, async (client) => {
      for (const mirror of mirrors) {
        await client.execute('blockdev-add', mirror.node)
        await client.execute('blockdev-mirror', argumentsOf(action, mirror))
      }
    })
    await waitUntilReady(action, context)
  },
})

function idsOf({mirrors}: MirrorDrives): string[] {
  return mirrors.map(({key}) => jobId(key))
}

function argumentsOf({mirrors, copyMode, bandwidthKib = 0}: MirrorDrives, mirror: DriveMirror): Readonly<Record<string, unknown>> {
  return mirrorArguments(mirror, {copyMode, bandwidthKib: bandwidthKib === 0 ? 0 : Math.max(1, Math.floor(bandwidthKib / mirrors.length))})
}

async function makeReady(mirrors: readonly DriveMirror[], context: Context): Promise<void> {
  const {openVolume} = await import('../../../../storage/index.ts')
  for (const {volume} of mirrors) {
    const {storage, id} = await openVolume(volume, context)
    await storage.attach(id)
  }
}

async function waitUntilReady(action: MirrorDrives, context: Context): Promise<void> {
  const {vmid, mirrors, bandwidthKib = 0} = action
  const sizeBytes = mirrors.reduce((sum, mirror) => sum + mirror.sizeBytes, 0)
  const jobs = await waitForJobs(vmid, idsOf(action), (now) => {
    for (const {key} of mirrors) tellProgress(key, now.find(({id}) => id === jobId(key)), context)
    return now.length < mirrors.length || now.some(isOver) || now.every(({status}) => status === 'ready')
  }, copyLimitMs({sizeBytes, bandwidthKib}), context)
  const failed = jobs.find(isOver)
  if (failed !== undefined || jobs.length < mirrors.length) throw copyError(failed)
  context.log.info(`the ${mirrors.length === 1 ? 'copy is' : 'copies are'} complete and kept so while the guest goes on writing`)
}

/** What a job has to do grows while the guest writes. */
function tellProgress(key: string, job: JobState | undefined, {log}: Context): void {
  if (job === undefined || job.totalBytes === 0) return
  log.progress(job.status === 'ready' ? job.totalBytes : Math.min(job.doneBytes, job.totalBytes - 1), job.totalBytes, key, 'bytes')
}

/** Why a copy did not come about. */
export function copyError(job: JobState | undefined): UnavailableError {
  const key = job?.id.replace(/^mirror-/, '') ?? 'a disk'
  const reason = job?.error ?? 'QEMU gave it up and does not say why'
  const isFull = /No space left|quota/i.test(reason)
  return new UnavailableError(`the copy of ${key} failed: ${reason}`, isFull ? {nextSteps: ['See which storage is full: pvesm status']} : {})
}
