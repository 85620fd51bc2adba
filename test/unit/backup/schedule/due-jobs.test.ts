// Which jobs are due, and what is remembered of them.
import {describe, expect, it} from 'vitest'
import {parseJobs, isJob} from '../../../../src/lib/backup/jobs/job-config.ts'
import type {Job} from '../../../../src/lib/backup/jobs/job-config.ts'
import {look, nextTimeOf} from '../../../../src/lib/backup/schedule/due-jobs.ts'
import type {JobStates} from '../../../../src/lib/backup/schedule/job-states.ts'
import {noStates} from '../../../../src/lib/backup/schedule/job-states.ts'

const jobs = (text: string): Job[] => parseJobs(text).sections.filter(isJob)
const at = (time: string) => new Date(`2026-01-05T${time}Z`).getTime()
const hourly = jobs('snapshot: a\n\tschedule *:00 UTC\n\tall 1\n')
const known = (sinceMs: number, lookedMs: number): JobStates => ({lookedMs, jobs: {a: {schedule: '*:00 UTC', sinceMs}}})
const ids = (list: readonly Job[]) => list.map(({id}) => id)

describe('a job', () => {
  it('that is new begins with its next time', () => {
    const first = look(hourly, noStates, 'h1', at('10:59:30'))
    expect(ids(first.due)).toEqual([])
    expect(ids(look(hourly, first.states, 'h1', at('10:59:59')).due)).toEqual([])
    expect(ids(look(hourly, first.states, 'h1', at('11:00:00')).due)).toEqual(['a'])
  })

  it('with a new schedule is as good as new, and so is one that is switched on again', () => {
    const changed = jobs('snapshot: a\n\tschedule *:30 UTC\n\tall 1\n')
    const {due, states} = look(changed, known(at('08:00:00'), at('10:00:00')), 'h1', at('10:45:00'))
    expect([ids(due), states.jobs['a']?.sinceMs]).toEqual([[], at('10:45:00')])
    const off = jobs('snapshot: a\n\tschedule *:00 UTC\n\tall 1\n\tenabled 0\n')
    const later = look(off, known(at('08:00:00'), at('10:59:00')), 'h1', at('11:20:00'))
    expect([ids(later.due), ids(look(hourly, later.states, 'h1', at('11:21:00')).due)]).toEqual([[], []])
  })

  it('of another host is not ours, and one that runs is not begun again', () => {
    expect(ids(look(jobs('snapshot: a\n\tschedule *:00 UTC\n\tall 1\n\tnode h2\n'), known(at('08:00:00'), at('10:59:00')), 'h1', at('11:00:00')).due)).toEqual([])
    const running: JobStates = {lookedMs: at('10:59:00'), jobs: {a: {schedule: '*:00 UTC', sinceMs: at('10:00:00'), run: {key: 'k', command: 'x', params: {}, startedMs: 1}}}}
    expect(ids(look(hourly, running, 'h1', at('11:00:00')).due)).toEqual([])
    // Nor is it forgotten when it is gone from the file.
    expect(look([], running, 'h1', at('11:00:00')).states.jobs['a']?.run).toBeDefined()
    expect(look([], known(1, 1), 'h1', at('11:00:00')).states.jobs).toEqual({})
  })

  it('whose time passed while nobody looked is left out, unless it is to be repeated', () => {
    const away = known(at('08:00:00'), at('08:01:00'))
    const {due, missed, states} = look(hourly, away, 'h1', at('10:30:00'))
    expect([ids(due), ids(missed), states.jobs['a']?.sinceMs]).toEqual([[], ['a'], at('10:30:00')])
    const repeated = jobs('snapshot: a\n\tschedule *:00 UTC\n\tall 1\n\trepeat-missed 1\n')
    expect(ids(look(repeated, away, 'h1', at('10:30:00')).due)).toEqual(['a'])
  })

  it('whose time passed while somebody was at work is not missed', () => {
    expect(ids(look(hourly, known(at('08:00:00'), at('10:29:00')), 'h1', at('10:30:00')).due)).toEqual(['a'])
    expect(ids(look(hourly, known(at('08:00:00'), at('08:59:00')), 'h1', at('09:04:00')).due)).toEqual(['a'])
  })
})

it('those whose time came first come first', () => {
  const two = jobs('snapshot: a\n\tschedule *:10 UTC\n\tall 1\n\nvzdump: b\n\tschedule *:05 UTC\n\tall 1\n')
  const states: JobStates = {lookedMs: at('10:09:00'), jobs: {a: {schedule: '*:10 UTC', sinceMs: at('10:00:00')}, b: {schedule: '*:05 UTC', sinceMs: at('10:00:00')}}}
  expect(ids(look(two, states, 'h1', at('10:10:00')).due)).toEqual(['b', 'a'])
})

it('the next time of a job that is switched off is none', () => {
  const [job] = hourly
  if (job === undefined) throw new Error('there is one')
  expect(nextTimeOf(job, undefined, at('10:00:00'))).toBe(at('11:00:00'))
  expect(nextTimeOf({...job, isEnabled: false}, undefined, at('10:00:00'))).toBeUndefined()
})
