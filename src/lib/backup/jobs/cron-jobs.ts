// vzdump.cron: the backup jobs of Proxmox VE before it had jobs.cfg, lines of cron that call vzdump. Each becomes a job with the settings of its words; what
// such a line cannot have (a day of the month, another user) is a problem. Pure.
import {createHash} from 'node:crypto'
import {AppError, errorChain} from '../../base/index.ts'
import type {SectionProblem} from '../../spec/section-config.ts'
import {readCommandLine, splitList} from '../../spec/index.ts'
import {shellSplit} from '../../spec/shell-words.ts'
import {checkParams} from '../../spec/validate.ts'
import {spec} from '../vzdump/commands/vzdump.spec.ts'
import type {Job} from './job-config.ts'
import {jobOf, scheduleOf} from './job-config.ts'
import {backupJobParams} from './job-params.ts'

export interface CronJobs { readonly jobs: readonly Job[]; readonly problems: readonly SectionProblem[] }

const mostJobs = 1000
/** A job that is switched off has a hash before its line, or before its command. */
const jobLine = /^(#?)\s*(\d{1,2})\s+(\d{1,2})\s+\*\s+\*\s+(\S{1,64})\s+root\s+(?:\/\S{0,255}\/)?(#?)vzdump(?:\s+(\S.*))?$/
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

export function parseCronJobs(text: string): CronJobs {
  const jobs = new Map<string, Job>()
  const problems: SectionProblem[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    // Settings of the environment, and remarks: those that are no job which is switched off.
    if (line === '' || /^[A-Za-z_]{1,64}\s*=/.test(line) || line.startsWith('#') && !jobLine.test(line)) continue
    try {
      const job = jobOfLine(line)
      if (jobs.size < mostJobs) jobs.set(job.id, job)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      problems.push({line: index + 1, message: errorChain(error).join(': ')})
    }
  }
  return {jobs: [...jobs.values()], problems}
}

/** @throws InvalidInputError */
function jobOfLine(line: string): Job {
  const [, isOffLine, minute = '', hour = '', days = '', isOffCommand, words = ''] = jobLine.exec(line) ?? []
  if (minute === '') throw new AppError('invalid-input', "it is no line 'MINUTE HOUR * * DAYS root vzdump …'")
  const {params} = readCommandLine(spec, shellSplit(words))
  const isOff = isOffLine === '#' || isOffCommand === '#'
  const values = {
    ...params, ...(Array.isArray(params['vmid']) ? {vmid: params['vmid'].join(',')} : {}),
    schedule: scheduleOf(`${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`, daysOf(days)), ...(isOff ? {enabled: '0'} : {}),
  }
  // A line has no name of its own; that of its words stays the same when it is read again.
  const id = `vzdump-${createHash('sha256').update(line.replace(/^#\s*/, '')).digest('hex').slice(0, 12)}`
  return jobOf('vzdump', id, checkParams(backupJobParams, values))
}

/** `*`, numbers from 0 (and 7) for Sunday on, names, ranges and lists of them, as crontab(5) has them. @throws InvalidInputError */
function daysOf(text: string): string[] {
  if (text === '*') return []
  const chosen = new Set(splitList(text.replaceAll(',', ' ')).flatMap((part) => {
    const [from, to] = [part.split('-')[0] ?? '', part.split('-')[1] ?? part.split('-')[0] ?? '']
    const [first, last] = [dayOf(from), dayOf(to)]
    const count = (last - first + 7) % 7
    return Array.from({length: count + 1}, (_none, index) => (first + index) % 7)
  }))
  return chosen.size === 7 ? [] : [1, 2, 3, 4, 5, 6, 0].filter((day) => chosen.has(day)).map((day) => dayNames[day] ?? '')
}

function dayOf(word: string): number {
  const day = /^[0-7]$/.test(word) ? Number(word) % 7 : dayNames.indexOf(word.toLowerCase() as (typeof dayNames)[number])
  if (day < 0) throw new AppError('invalid-input', `'${word.slice(0, 20)}' is no day of the week`)
  return day
}
