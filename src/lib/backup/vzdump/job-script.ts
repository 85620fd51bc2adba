// The calls of the administrator's script in the phases of a run as a whole. Pure.
import type {BackupRun} from './actions/run.ts'
import type {ScriptCall} from './call-script.ts'
import {jobPhases} from './call-script.ts'
import {scriptEnvironment} from './plan-guest.ts'

/** One for each phase; none where there is no script. */
export function callsIn({job: {script, storage}, folder}: Pick<BackupRun, 'job' | 'folder'>): ScriptCall[] {
  if (script === undefined) return []
  const env = scriptEnvironment(storage === undefined ? {} : {storage}, folder)
  return jobPhases.map((phase) => ({kind: 'backup.call-script', script, phase, env}))
}

/** What tells the script of a run that died in the middle; undefined where there is no script. */
export function abortOf(run: Pick<BackupRun, 'job' | 'folder'>): ScriptCall | undefined {
  const call = callsIn(run).find(({phase}) => phase === 'job-abort')
  return call === undefined ? undefined : {...call, isLenient: true}
}
