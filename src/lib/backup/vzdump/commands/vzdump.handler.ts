// vzdump: which guests, with which options; the rest is the action backup.run. --stop ends the run of others.
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {parseUserConfig} from '../../../access/index.ts'
import {listAllGuests} from '../../../guest/backup/index.ts'
import {splitList} from '../../../spec/index.ts'
import {requireCompressor} from '../../../storage/archive/index.ts'
import {storageConfig} from '../../../storage/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import {handleChange, runningTasks} from '../../../tasks/index.ts'
import type {BackupRun} from '../actions/run.ts'
import {abortOf} from '../job-script.ts'
import {archivePlace, isRepository} from '../archive-place.ts'
import {checkScript} from '../call-script.ts'
import {chosenGuests} from '../choose-guests.ts'
import {compressorOf} from '../compressor.ts'
import type {JobOptions} from '../job-options.ts'
import {backupPlace, checkJobOptions, jobOptions, optionsWithoutEffect} from '../job-options.ts'
import {checkNotesTemplate} from '../notes.ts'
import type {BackupOptions} from '../vzdump-conf.ts'
import {readVzdumpConf} from '../vzdump-conf.ts'
import {spec} from './vzdump.spec.ts'

/** How long the run that is stopped may take to clear up. */
const stopLimitMs = 120_000

export const handler = handleChange(spec, {
  // One run at a time on a host. The lock comes before those of guests in everybody's order. What the options alone contradict is refused here, before
  // there is a task.
  locks: (params, {node}) => {
    if (params.stop === true) return []
    checkAsked(params)
    return [`backup/${node}`]
  },
  lockTimeoutMs: async (params, context) => (params.lockwait ?? (await readVzdumpConf(context.places, context.host)).lockwait ?? 180) * 60_000,
  plan: async ({vmid, all, exclude, 'job-id': jobId, node, stdout, stop, ...asked}, context) => {
    if (stop === true) return stopRun(context)
    const toStdout = stdout === true
    const job = await effectiveOptions(asked, context)
    const place = toStdout ? {folder: job.tmpDir ?? '/var/tmp'} : await archivePlace(job, context)
    // What goes into a repository is compressed by that.
    if (toStdout || !isRepository(place)) await requireCompressor(compressorOf(job, 1).argv, context.host)
    for (const sentence of optionsWithoutEffect(asked, job)) context.log.info(sentence)
    if (jobId !== undefined) context.log.info(`job ${jobId}`)
    const guests = await guestsHere({vmids: numbers(vmid ?? ''), isAll: takesAll({all, exclude, pool: asked.pool}), exclude: numbers(exclude ?? ''), pool: asked.pool, node}, context)
    const run: BackupRun = {kind: 'backup.run', job, folder: place.folder, ...(!toStdout && isRepository(place) ? {isRepository: true} : {}), guests, toStdout}
    const abort = abortOf(run)
    return {steps: guests.length === 0 ? [] : [{do: run, ...(abort === undefined ? {} : {undo: abort})}], whenInterrupted: 'undo'}
  },
})

/** @throws InvalidInputError, NotFoundError */
async function effectiveOptions(asked: BackupOptions, context: Context): Promise<JobOptions> {
  const conf = await readVzdumpConf(context.places, context.host)
  const {storage} = backupPlace(asked, conf)
  const job = jobOptions(asked, conf, storage === undefined ? undefined : await storageConfig(storage, context))
  if (job.script !== undefined) await checkScript(job.script, context.host)
  if (job.notesTemplate !== undefined) checkNotesTemplate(job.notesTemplate)
  if (job.tmpDir !== undefined && (await context.host.files.stat(job.tmpDir, {followLinks: true}))?.kind !== 'directory') {
    throw new InvalidInputError(`there is no folder ${job.tmpDir}`, {tmpdir: 'is no folder'}, {nextSteps: [`mkdir -p ${job.tmpDir}`]})
  }
  return job
}

interface Choice {
  readonly vmid?: string | undefined
  readonly all?: boolean | undefined
  readonly exclude?: string | undefined
  readonly pool?: string | undefined
  readonly stdout?: boolean | undefined
}

/** What can be said of the options without looking at anything. @throws InvalidInputError */
function checkAsked(asked: BackupOptions & Choice): void {
  checkChoice(asked)
  checkJobOptions(asked)
  if (asked['notes-template'] !== undefined) checkNotesTemplate(asked['notes-template'])
}

function takesAll({all, exclude, pool}: Choice): boolean {
  return all === true || (exclude !== undefined && pool === undefined)
}

/** @throws InvalidInputError */
function checkChoice(choice: Choice): void {
  const {exclude, pool, stdout} = choice
  const vmids = choice.vmid === undefined ? undefined : numbers(choice.vmid)
  const isAll = takesAll(choice)
  if (vmids === undefined && !isAll && pool === undefined) {
    throw new InvalidInputError('no guest is named', {vmid: 'is missing'}, {nextSteps: ['Name guests: vzdump 100 101', 'Or take all of this host: vzdump --all']})
  }
  const other = isAll ? (exclude === undefined ? 'all' : 'exclude') : pool === undefined ? undefined : 'pool'
  if (vmids !== undefined && other !== undefined) throw new InvalidInputError(`guests are either named or chosen by --${other}`, {[other]: 'cannot stand beside guests that are named'})
  if (isAll && pool !== undefined) throw new InvalidInputError('guests are chosen by --all or by --pool', {pool: 'cannot stand beside --all'})
  if (stdout === true && vmids?.length !== 1) throw new InvalidInputError('only the archive of one guest goes to standard output', {stdout: 'is for one guest that is named'})
}

/** @throws InvalidInputError for what is no VMID */
function numbers(text: string): number[] {
  return splitList(text).map(Number)
}

interface Wanted {
  readonly vmids: readonly number[]
  readonly isAll: boolean
  readonly exclude: readonly number[]
  readonly pool: string | undefined
  readonly node: string | undefined
}

/** Those of this host, and those that are nowhere, whose backup fails. @throws NotFoundError for a pool that is not there */
async function guestsHere({vmids, isAll, exclude, pool, node}: Wanted, context: Context): Promise<number[]> {
  const members = pool === undefined ? [] : await poolMembers(pool, context)
  const chosen = chosenGuests({vmids, all: isAll, exclude, pool, node}, {guests: await listAllGuests(context.store), poolMembers: members})
  const elsewhere = [...chosen].filter(([place]) => place !== '' && place !== context.node).flatMap(([, list]) => list)
  if (elsewhere.length > 0) context.log.info(`on other hosts and passed over: ${elsewhere.join(', ')}`)
  const here = [...chosen.get('') ?? [], ...chosen.get(context.node) ?? []].sort((a, b) => a - b)
  if (here.length === 0) context.log.info('there is no guest to be backed up')
  return here
}

async function poolMembers(pool: string, {store}: Context): Promise<number[]> {
  const found = parseUserConfig((await store.read('user.cfg'))?.data ?? '').pools.get(pool)
  if (found === undefined) throw new NotFoundError(`there is no pool '${pool}'`, {data: {pool}})
  return [...found.vmids].map(Number)
}

/** The runs of this host that are under way, asked to stop: each takes back what is not whole. */
async function stopRun(context: Context): Promise<Plan> {
  const running = (await runningTasks(context)).filter(({task}) => task.type === 'vzdump' && task.node === context.node)
  if (running.length === 0) context.log.info('no backup is under way')
  return {steps: running.map(({upid, task}) => ({do: {kind: 'task.stop', upid, pid: task.pid, limitMs: stopLimitMs}})), whenInterrupted: 'undo'}
}
