// The task that a job is: a command with its parameters. Pure.
import type {Job} from './job-config.ts'
import {passedOver} from './job-params.ts'

export interface JobTask { readonly command: string; readonly params: Readonly<Record<string, unknown>> }

/** Keys that say when and where a job runs, and nothing of what it does. */
const ownKeys: ReadonlySet<string> = new Set(['schedule', 'comment', 'enabled', 'node', 'repeat-missed', ...Object.keys(passedOver)])

export function taskOfJob({id, type, values}: Job): JobTask {
  if (type === 'snapshot') return {command: 'corral snapshot job run', params: {id}}
  return {command: 'vzdump', params: {...Object.fromEntries(Object.entries(values).filter(([key]) => !ownKeys.has(key))), 'job-id': id}}
}
