// How jobs come, change and go: one file of the store each time. The commands of both types of jobs are bound to these.
import {ConflictError, InvalidInputError, NotFoundError} from '../../base/index.ts'
import {calendarEventFault} from '../../spec/calendar/calendar-event.ts'
import {didYouMean, splitList} from '../../spec/index.ts'
import {parseRetention, retentionOf} from '../../storage/prune/retention.ts'
import {storageConfig} from '../../storage/index.ts'
import {storeCommitStep} from '../../tasks/index.ts'
import type {Context, Plan} from '../../tasks/index.ts'
import {checkJobOptions} from '../vzdump/job-options.ts'
import {cronJobsPath, formatJobs, isJob, jobOf, jobParams, jobsPath, problemError, readJobsFile, scheduleOf} from './job-config.ts'
import type {Job, JobType, JobsFile} from './job-config.ts'

/** How the commands of a type of jobs are called. */
const commandsOf: Readonly<Record<JobType, string>> = {vzdump: 'corral backup job', snapshot: 'corral snapshot job'}
const nounOf: Readonly<Record<JobType, string>> = {vzdump: 'backup job', snapshot: 'snapshot job'}

type Values = Readonly<Record<string, unknown>>

/** All jobs of a type, or of both, that can be used. */
export async function readJobs(store: Context['store'], type?: JobType): Promise<Job[]> {
  return (await readJobsFile(store)).sections.filter(isJob).filter((job) => type === undefined || job.type === type)
}

/** @throws NotFoundError when there is none by that name; InvalidInputError when it is written wrongly */
export async function storedJob(type: JobType, id: string, store: Context['store']): Promise<Job> {
  return findJob(await readJobsFile(store), type, id)
}

function findJob({sections, problems}: JobsFile, type: JobType, id: string): Job {
  const problem = problems.find(({section}) => section === id)
  if (problem !== undefined) throw problemError(problem)
  const jobs = sections.filter(isJob).filter((job) => job.type === type)
  const found = jobs.find((job) => job.id === id)
  if (found !== undefined) return found
  throw new NotFoundError(`there is no ${nounOf[type]} '${id}'${didYouMean(id, jobs.map((job) => job.id))}`, {nextSteps: [`See which there are: ${commandsOf[type]} list`]})
}

/** @throws ConflictError when the name is taken; InvalidInputError when the settings contradict each other; NotFoundError for a storage that is not there */
export async function planAdd(type: JobType, id: string, given: Values, context: Context): Promise<Plan> {
  const file = await readJobsFile(context.store)
  if (file.sections.some((section) => section.id === id) || file.problems.some(({section}) => section === id)) {
    throw new ConflictError(`there is a job '${id}' already`, {nextSteps: [`Change it: ${commandsOf[type]} set ${id}`]})
  }
  const values = withSchedule(defined(given))
  if (values['schedule'] === undefined) throw new InvalidInputError('a job needs a schedule', {schedule: 'is missing'}, {nextSteps: ['Say when it begins: --schedule "mon..fri 22:30"; corral schedule analyze shows what one means']})
  const job = jobOf(type, id, values)
  await checkJob(job, context)
  return writing(file, [...file.sections, job])
}

/** @throws as planAdd, and InvalidInputError for what cannot be taken away */
export async function planSet(type: JobType, id: string, {delete: remove, digest, ...given}: Values, context: Context): Promise<Plan> {
  const file = await readJobsFile(context.store)
  checkDigest(digest, file)
  const current = findJob(file, type, id)
  const removed = typeof remove === 'string' ? splitList(remove) : []
  for (const key of removed) {
    if (!Object.hasOwn(jobParams[type], key)) throw new InvalidInputError(`a ${nounOf[type]} has no setting '${key}'`, {delete: `there is no '${key}'`})
    if (key === 'schedule') throw new InvalidInputError('a job needs a schedule', {delete: "'schedule' cannot be taken away"}, {nextSteps: [`Switch it off: ${commandsOf[type]} set ${id} --enabled 0`]})
    if (given[key] !== undefined) throw new InvalidInputError(`'${key}' cannot be set and taken away at once`, {delete: `'${key}' is set too`})
  }
  const values = Object.fromEntries(Object.entries({...current.values, ...withSchedule(defined(given))}).filter(([key]) => !removed.includes(key)))
  const job = jobOf(type, id, values)
  await checkJob(job, context)
  return writing(file, file.sections.map((section) => section.id === id ? job : section))
}

/** @throws NotFoundError */
export async function planRemove(type: JobType, id: string, context: Context): Promise<Plan> {
  const file = await readJobsFile(context.store)
  findJob(file, type, id)
  return writing(file, file.sections.filter((section) => section.id !== id))
}

function writing(file: JobsFile, sections: JobsFile['sections']): Plan {
  const text = formatJobs(file, sections)
  const isChanged = text !== (file.file?.data ?? '')
  const files = [
    ...isChanged ? [{path: jobsPath, was: file.file, text: text === '' ? undefined : text}] : [],
    // Its jobs stand in jobs.cfg from here on.
    ...file.cronFile === undefined ? [] : [{path: cronJobsPath, was: file.cronFile, text: undefined}],
  ]
  return {steps: files.length > 0 ? [storeCommitStep(files)] : [], whenInterrupted: 'undo', result: null}
}

function defined(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

/** A start time and days of the week are a schedule. @throws InvalidInputError for one beside a schedule, and for a time that is none */
function withSchedule({starttime, dow, ...values}: Values): Values {
  if (typeof starttime !== 'string') return values
  if (values['schedule'] !== undefined) throw new InvalidInputError('a start time is the older form of a schedule', {starttime: "stands beside 'schedule'"})
  const schedule = scheduleOf(starttime, typeof dow === 'string' ? splitList(dow) : [])
  const fault = calendarEventFault(schedule)
  if (fault !== undefined) throw new InvalidInputError(`'${starttime}' is no time of the day`, {starttime: 'is no time of the day, such as 22:30'})
  return {...values, schedule}
}

function checkDigest(given: unknown, {file}: JobsFile): void {
  if (typeof given !== 'string' || given === '' || given.toLowerCase() === file?.digest) return
  throw new ConflictError(`${jobsPath} was changed since the digest was read`, {nextSteps: ['Read it again and repeat the command.']})
}

/** What no single value says. */
async function checkJob({type, values}: Job, context: Context): Promise<void> {
  checkChoice(values)
  const {storage} = values
  if (type === 'snapshot') {
    retentionOf(values)
    return
  }
  checkJobOptions(values)
  for (const key of ['notes-template', 'protected']) {
    if (values[key] !== undefined && storage === undefined) throw new InvalidInputError(`'${key}' needs a storage`, {[key]: "needs 'storage'"})
  }
  if (typeof values['prune-backups'] === 'string') parseRetention(values['prune-backups'])
  if (typeof storage === 'string') await storageConfig(storage, context)
}

/** Which guests is said in exactly one way; leaving some out means all others. */
function checkChoice(values: Values): void {
  const isAll = values['all'] === true || values['exclude'] !== undefined && values['pool'] === undefined
  const ways = [...isAll ? ['all'] : [], ...['vmid', 'pool'].filter((key) => values[key] !== undefined)]
  if (ways.length === 1) return
  if (ways.length === 0) throw new InvalidInputError('a job is for some guests', {vmid: 'is missing'}, {nextSteps: ['Name them: --vmid 100,101', 'Or take all of the host (--all), those of a pool (--pool NAME), or all but some (--exclude 100)']})
  throw new InvalidInputError(`the guests of a job are named in one way, not by ${ways.map((way) => way === 'all' && values['exclude'] !== undefined ? "'exclude'" : `'${way}'`).join(' and ')}`, {[ways[1] ?? 'vmid']: `stands beside '${ways[0] ?? 'all'}'`})
}
