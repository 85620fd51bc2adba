// The last part of an import whose machine runs already: QEMU copies what the new disks lack of the images that they were imported from, then lets go
// of these, and the machine is unlocked. It looks at how far things are and does the rest, so it may be repeated by whoever takes over from a dead
// worker. When the machine is switched off or its QEMU dies before the end, the rest is copied without it: what it has written is in the new
// disks, and what is missing there still in the images. A backup that a machine is restored from is served by this process alone; when it cannot be read the machine is
// ended, as its reads would fail from then on.
import {AppError, UnavailableError} from '../../../../base/index.ts'
import {formatSize} from '../../../../spec/index.ts'
import {copyLimitMs, openVolume, readImageFile} from '../../../../storage/index.ts'
import type {ServedMachine} from '../../../../storage/repository/index.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction, storeCommitStep} from '../../../../tasks/index.ts'
import {belowNodeName, imageNodeName} from '../../arguments/drive-nodes.ts'
import {formatQemuConfig} from '../../config/config-file.ts'
import {findGuest, guestConfigPath, readGuest} from '../../guest-files.ts'
import {writeKey} from '../../pending.ts'
import {runtimeStatus} from '../../runtime/status.ts'
import type {ImportImage} from '../import-image.ts'
import {fillArgv, imageTitle} from '../import-image.ts'
import {isOver, onMonitor, ownJobs, waitForJobs} from '../job-state.ts'
import type {JobState} from '../job-state.ts'
import {backendName, shownQmp} from '../mirror.ts'
import {readRunningDrive, removeNode} from '../nodes.ts'
import {endServing, serveBackup} from '../served-backups.ts'
import {dismissJobs} from './cancel-mirrors.ts'

export interface ImportingDisk {
  /** The key of the drive: `scsi0`. */
  readonly key: string
  readonly volume: string
  readonly sizeBytes: number
  /** The image that it is filled from. */
  readonly source: ImportImage
}

export interface FinishImport extends Action {
  readonly kind: 'qemu.finish-import'
  readonly vmid: number
  readonly disks: readonly ImportingDisk[]
  /** The volume id of the backup that they lie in. */
  readonly backup?: string
  /** In KiB a second, for all of them together. */
  readonly bandwidthKib?: number
  /** What unlocking changes in the configuration, for a dry run. */
  readonly changes: readonly string[]
}

export const finishImport = defineAction<FinishImport>({
  kind: 'qemu.finish-import',
  describe: (action) => [
    ...action.disks.flatMap(({key, source}) => [
      `# copy the rest of ${imageTitle(source)} to ${key} while the guest runs`, shownQmp('block-stream', streamArguments(action, key, backendName(key))), shownQmp('job-dismiss', {id: jobId(key)}), shownQmp('blockdev-del', {'node-name': belowNodeName(key)}),
    ]),
    '# where the guest ends before: copy the rest without it, by qemu-img rebase',
    ...action.changes,
  ],
  // What is missing lies in the images still. The end of a restore that failed is another one.
  isLeftWhenItFails: ({backup}) => backup === undefined,
  run: async (action, context) => {
    const {vmid, backup} = action
    if (!await isAwaited(vmid, context)) return context.log.info(`virtual machine ${vmid} was unlocked or removed meanwhile; nothing more is copied to it`)
    if (backup === undefined) await fillFromImages(action, context)
    else await fillFromServed(action, backup, context)
    await unlock(vmid, context)
    context.log.info(`${action.disks.map(({key}) => key).join(', ')}: everything is copied; the ${backup === undefined ? 'images are' : 'backup is'} not needed any more`)
  },
})

/** The lock goes when all is copied, or when somebody gives the rest up; the number may be another machine's by now. */
async function isAwaited(vmid: number, context: Context): Promise<boolean> {
  const found = await findGuest(vmid, context.store)
  return found?.type === 'qemu' && found.node === context.node && (await readGuest(vmid, context)).config.current.values['lock'] === 'create'
}

async function fill(action: FinishImport, context: Context): Promise<void> {
  const {vmid} = action
  try {
    if (await runtimeStatus(vmid, context) === undefined) await fillWithoutGuest(action, context)
    else await fillWithGuest(action, context)
  } catch (error) {
    if (context.locksLost?.aborted === true || !await endsSoon(vmid, context)) throw error
    context.log.info(`virtual machine ${vmid} has ended; the rest of its disks is copied without it`)
    await fillWithoutGuest(action, context)
  }
}

/** @throws AppError naming what helps: this is left to the next command, or to whoever is called to it */
async function fillFromImages(action: FinishImport, context: Context): Promise<void> {
  const {vmid} = action
  try {
    await fill(action, context)
  } catch (error) {
    if (!(error instanceof AppError) || context.locksLost?.aborted === true) throw error
    const runs = await runtimeStatus(vmid, context) !== undefined
    throw new UnavailableError(`the disks of virtual machine ${vmid} are not filled to their end; ${runs ? 'it runs on, and reads what is missing from the images' : 'it does not run, and stays locked'}`, {
      cause: error, data: {vmid},
      nextSteps: ['Keep the images. Remove the cause (pvesm status), and let the rest be copied: corral doctor', `Or give the machine up: ${runs ? `qm stop ${vmid} && ` : ''}qm unlock ${vmid} && qm destroy ${vmid}`],
    })
  }
}

/** @throws UnavailableError when the backup cannot be read; the machine is not running then */
async function fillFromServed(action: FinishImport, backup: string, context: Context): Promise<void> {
  const {vmid} = action
  let served: ServedMachine | undefined
  try {
    served = await serveBackup(backup, vmid, context)
    await fill(action, context)
  } catch (error) {
    if (context.locksLost?.aborted === true) throw error
    const wasRunning = await runtimeStatus(vmid, context) !== undefined
    if (wasRunning) await onMonitor(vmid, context, (client) => client.execute('quit')).catch(() => undefined)
    throw new UnavailableError(`virtual machine ${vmid} could not be restored from ${backup} to its end${wasRunning ? ', and was stopped' : ''}; its disks are not whole, and it stays locked`, {
      cause: served?.failure() ?? error,
      nextSteps: [
        `See whether the backup is whole: corral backup verify ${backup}`, `What the machine has written is in its disks. When nothing of that is needed: qm unlock ${vmid} && qm destroy ${vmid}`, 'Then restore it again, from another backup where this one is damaged.',
      ],
    })
  } finally {
    await endServing(vmid, context)
  }
}

function jobId(key: string): string {
  return `import-${key}`
}

function streamArguments({disks, bandwidthKib = 0}: FinishImport, key: string, device: string): Readonly<Record<string, unknown>> {
  const speed = bandwidthKib === 0 ? {} : {speed: Math.max(1, Math.floor(bandwidthKib / disks.length)) * 1024}
  return {'job-id': jobId(key), device, ...speed, 'auto-dismiss': false}
}

async function fillWithGuest(action: FinishImport, context: Context): Promise<void> {
  const {vmid, disks, bandwidthKib = 0} = action
  const ids = disks.map(({key}) => jobId(key))
  // A job that failed may do better now: the storage was full, or the image could not be read.
  const failed = (await ownJobs(vmid, ids, context)).filter((job) => isOver(job) && job.error !== undefined)
  await dismissJobs(vmid, failed.map(({id}) => id), context)
  await beginStreams(action, await ownJobs(vmid, ids, context), context)
  const sizeBytes = disks.reduce((sum, disk) => sum + disk.sizeBytes, 0)
  const jobs = await waitForJobs(vmid, ids, (now) => {
    for (const job of now) if (job.totalBytes > 0) context.log.progress(job.doneBytes, job.totalBytes, job.id.replace(/^import-/, ''), 'bytes')
    return now.length < ids.length || now.every(isOver)
  }, copyLimitMs({sizeBytes, bandwidthKib}), context)
  const broken = jobs.find(({error}) => error !== undefined)
  if (broken !== undefined || jobs.length < ids.length) throw streamError(broken)
  await dismissJobs(vmid, ids, context)
  await onMonitor(vmid, context, async (client) => {
    for (const {key} of disks) await removeNode(client, belowNodeName(key))
  })
}

/** A disk that was filled already has no image below it, and its job ends at once. */
async function beginStreams(action: FinishImport, jobs: readonly JobState[], context: Context): Promise<void> {
  const idle = action.disks.filter(({key}) => !jobs.some(({id}) => id === jobId(key)))
  await onMonitor(action.vmid, context, async (client) => {
    const blocks = await client.execute('query-block')
    for (const {key, volume} of idle) {
      const isBackend = readRunningDrive(blocks, backendName(key))?.isBackend !== false
      await client.execute('block-stream', streamArguments(action, key, isBackend ? backendName(key) : imageNodeName({key, file: volume})))
    }
  })
}

function streamError(job: JobState | undefined): UnavailableError {
  const key = job?.id.replace(/^import-/, '') ?? 'a disk'
  return new UnavailableError(`copying to ${key} stopped: ${job?.error ?? 'QEMU gave it up and does not say why'}`)
}

const endLimitMs = 90_000
const pauseMs = 250

/** Whether QEMU is gone, or going: it stops answering a moment before its process ends. */
async function endsSoon(vmid: number, context: Context): Promise<boolean> {
  for (const deadline = context.clock.monotonicMs() + endLimitMs; context.clock.monotonicMs() < deadline; await context.clock.sleep(pauseMs, context.signal)) {
    if (await runtimeStatus(vmid, context) === undefined) return true
    if (await onMonitor(vmid, context, (client) => client.execute('query-status')).then(() => true, () => false)) return false
  }
  return false
}

async function fillWithoutGuest({disks, bandwidthKib = 0}: FinishImport, context: Context): Promise<void> {
  for (const {key, volume, source, sizeBytes} of disks) {
    // Whatever became of the file meanwhile, nothing that its header names is opened.
    if ('path' in source) await readImageFile(source.path, context.host, source.format, source.part)
    const {storage, id} = await openVolume(volume, context)
    const path = await storage.attach(id)
    try {
      context.log.info(`${key}: the rest of ${imageTitle(source)} is copied (${formatSize(sizeBytes)} at most)`)
      for (const argv of fillArgv(path, source)) await context.host.run(argv, {signal: context.signal, timeoutMs: copyLimitMs({sizeBytes, bandwidthKib}), diesWithUs: true, maxOutputBytes: 64 * 1024})
    } finally {
      await storage.detach(id)
    }
  }
}

async function unlock(vmid: number, context: Context): Promise<void> {
  const {config, file} = await readGuest(vmid, context)
  if (config.current.values['lock'] !== 'create') return
  const {do: commit} = storeCommitStep([{path: guestConfigPath(context.node, vmid), was: file, text: formatQemuConfig(writeKey(config, 'lock', undefined))}])
  await (await context.actionKind(commit.kind)).run(commit, context)
}
