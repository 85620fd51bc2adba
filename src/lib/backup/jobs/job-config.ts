// jobs.cfg in the store: sections `vzdump: ID` of backup jobs and `snapshot: ID` of jobs that take snapshots. Sections of other types
// (`realm-sync` of Proxmox VE) are kept as they are and never run. Jobs of old installations stand in vzdump.cron; they are read beside these, and written
// here with the next change.
import {InvalidInputError} from '../../base/index.ts'
import type {Params} from '../../spec/index.ts'
import type {SectionProblem, SectionTypes} from '../../spec/section-config.ts'
import {formatSectionConfig, parseSectionConfig} from '../../spec/section-config.ts'
import type {Store, StoredFile} from '../../store/index.ts'
import {backupJobParams, snapshotJobParams} from './job-params.ts'

export const jobsPath = 'jobs.cfg'

/** Where Proxmox VE kept backup jobs before it had jobs.cfg; it comes with an import. */
export const cronJobsPath = 'vzdump.cron'

export const jobTypes = ['vzdump', 'snapshot'] as const
export type JobType = (typeof jobTypes)[number]

export const jobParams = {vzdump: backupJobParams, snapshot: snapshotJobParams} as const satisfies Record<JobType, Params>

/** Also what the build compiles checks for. */
export const jobSectionTypes: SectionTypes = Object.fromEntries(jobTypes.map((type) => [type, {options: jobParams[type]}]))

/** A section that can be used. */
export interface Job {
  readonly id: string
  readonly type: JobType
  readonly schedule: string
  readonly isEnabled: boolean
  readonly repeatsMissed: boolean
  /** The only host that runs it. */
  readonly node: string | undefined
  readonly comment: string | undefined
  /** All keys of the section. */
  readonly values: Readonly<Record<string, unknown>>
}

/** A section of a type that is not ours. */
interface ForeignSection { readonly id: string; readonly type: string; readonly values: Readonly<Record<string, unknown>> }

export interface JobsFile {
  /** undefined: the file does not exist yet. */
  readonly file: StoredFile | undefined
  /** vzdump.cron, whose jobs are among the sections. */
  readonly cronFile?: StoredFile
  /** In the order of the file. */
  readonly sections: readonly (Job | ForeignSection)[]
  /** What could not be read; the sections concerned are missing above. */
  readonly problems: readonly JobProblem[]
}

export interface JobProblem extends SectionProblem {
  /** jobs.cfg when absent. */
  readonly path?: string
}

export async function readJobsFile(store: Pick<Store, 'read'>): Promise<JobsFile> {
  const [file, cronFile] = await Promise.all([store.read(jobsPath), store.read(cronJobsPath)])
  const own = {file, ...parseJobs(file?.data ?? '')}
  if (cronFile === undefined) return own
  const {parseCronJobs} = await import('./cron-jobs.ts')
  const old = parseCronJobs(cronFile.data)
  const known = new Set(own.sections.map(({id}) => id))
  return {
    ...own, cronFile, sections: [...own.sections, ...old.jobs.filter(({id}) => !known.has(id))],
    problems: [...own.problems, ...old.problems.map((problem) => ({...problem, path: cronJobsPath}))],
  }
}

/** Pure. A section that is wrong does not keep the others from being used. */
export function parseJobs(text: string): Omit<JobsFile, 'file'> {
  const problems: SectionProblem[] = []
  const read = parseSectionConfig(text, jobSectionTypes, {allowUnknown: true, onProblem: (problem) => { problems.push(problem) }})
  const wrong = new Set(problems.map(({section}) => section))
  return {sections: read.filter(({id}) => !wrong.has(id)).map(({type, id, values}) => isJobType(type) ? jobOf(type, id, values) : {type, id, values}), problems}
}

/**
 * The text of the file with these sections. Pure.
 * @throws InvalidInputError when the file as it was could not be read whole: writing it back would lose what was not understood
 */
export function formatJobs({problems}: Pick<JobsFile, 'problems'>, sections: readonly ForeignSection[]): string {
  const [first] = problems
  if (first !== undefined) throw problemError(first)
  return formatSectionConfig(sections.map(({type, id, values}) => ({type, id, values})), jobSectionTypes)
}

/** Pure. The values have been checked. */
export function jobOf(type: JobType, id: string, values: Readonly<Record<string, unknown>>): Job {
  const {schedule, enabled, node, comment} = values
  return {
    id, type, schedule: String(schedule), isEnabled: enabled !== false, repeatsMissed: values['repeat-missed'] === true,
    node: typeof node === 'string' ? node : undefined, comment: typeof comment === 'string' ? comment : undefined, values,
  }
}

export function isJob(section: Job | ForeignSection): section is Job {
  return isJobType(section.type)
}

function isJobType(type: string): type is JobType {
  return (jobTypes as readonly string[]).includes(type)
}

export function problemError(problem: JobProblem): InvalidInputError {
  return new InvalidInputError(problemText(problem), {}, {nextSteps: [`Correct the line in ${problem.path ?? jobsPath}.`]})
}

/** A sentence. */
export function problemText({line, section, message, path = jobsPath}: JobProblem): string {
  return `${path}, line ${line}${section === undefined ? '' : ` (job '${section}')`}: ${message}`
}

/** The calendar event of a time of the day, on all days where none is named. Pure. */
export function scheduleOf(time: string, days: readonly string[]): string {
  return days.length === 0 ? time : `${days.join(',')} ${time}`
}
