// What the doctor looks at: the leavings of tasks and operations here, and what the domains registered.
import {leftoversIn} from '../../host/index.ts'
import type {Context} from '../context.ts'
import type {DoctorCheck, Finding} from '../doctor-check.ts'
import {isWriterAlive, readJournals} from '../journal.ts'
import type {Journal} from '../journal.ts'
import type {Action} from '../plan.ts'
import {deadTasks, isRunning} from '../task-index.ts'

/** A worker's first words are kept only until it has registered itself, which takes seconds at most. */
const staleStartFileMs = 3_600_000

/** Everything that is not as it should be, journals first: what they undo may be what another check would find. */
export async function examine(context: Context): Promise<Finding[]> {
  const checks = [journals, tasks, startFiles, unfinishedFiles, ...await context.doctorChecks?.() ?? []]
  const findings: Finding[] = []
  for (const check of checks) findings.push(...await check.find(context))
  return findings
}

const journals: DoctorCheck = {
  name: 'interrupted operations',
  find: async (context) => {
    const findings: Finding[] = []
    for (const journal of await readJournals(context.store)) {
      const hasFailed = journal.records.some((record) => record.failure !== undefined)
      if (hasFailed || !await isWriterAlive(journal, context)) findings.push(await interrupted(journal, context))
    }
    return findings
  },
}

async function interrupted(journal: Journal, context: Context): Promise<Finding> {
  const {id, command, whenInterrupted, sinceMs} = journal.head
  const when = new Date(sinceMs).toISOString().slice(0, 19).replace('T', ' ')
  const failure = journal.records.find((record) => record.failure !== undefined)?.failure
  const tried = failure === undefined ? '' : ` Undoing it was tried and failed: ${failure}.`
  return {
    what: `"${command}" of ${when} UTC was interrupted; ${whenInterrupted === 'undo' ? 'what it did has to be undone' : 'the rest of it has to be done'}.${tried}`,
    repair: [{kind: 'journal.recover', id, lines: await recoveryLines(journal, context)}],
    nextSteps: [`To leave things as they are and forget about it: corral doctor --discard ${id}`],
  }
}

/** What clearing up would do, a line each. */
export async function recoveryLines({head, records}: Journal, {actionKind}: Pick<Context, 'actionKind'>): Promise<string[]> {
  const actions = head.whenInterrupted === 'finish' ? head.steps ?? [] : [...records].reverse().map((record) => record.undo)
  return describeAll(actions, {actionKind})
}

/** The descriptions of actions, whose kinds are loaded for that. */
export async function describeAll(actions: readonly Action[], {actionKind}: Pick<Context, 'actionKind'>): Promise<string[]> {
  const lines: string[] = []
  for (const action of actions) lines.push(...(await actionKind(action.kind)).describe(action))
  return lines
}

const tasks: DoctorCheck = {
  name: 'tasks whose process is gone',
  find: async (context) => {
    const findings: Finding[] = []
    for (const {upid, task, status} of await deadTasks(context)) {
      // One whose process lives has written its last line and is tidying up.
      if (await isRunning(task, context.host)) continue
      findings.push({what: `The process of the task ${upid} is gone.`, repair: [{kind: 'task.archive', upid, status}]})
    }
    return findings
  },
}

const startFiles: DoctorCheck = {
  name: 'files of workers that were being started',
  find: async ({host, places, clock}) => {
    const findings: Finding[] = []
    for (const name of await host.files.list(places.runDir)) {
      if (!/^worker-[0-9a-f]{16}\.stderr$/.test(name)) continue
      const path = `${places.runDir}/${name}`
      const stat = await host.files.stat(path)
      if (stat === undefined || clock.now() - stat.mtimeMs < staleStartFileMs) continue
      findings.push({what: `The file ${path} is left of a worker that was being started.`, repair: [{kind: 'file.remove', path}]})
    }
    return findings
  },
}

const unfinishedFiles: DoctorCheck = {
  name: 'files that were being written',
  find: async ({host, places}) => {
    const folders = [places.runDir]
    for (const name of await host.files.list(places.runDir)) {
      const path = `${places.runDir}/${name}`
      if ((await host.files.stat(path))?.kind === 'directory') folders.push(path)
    }
    const left = (await Promise.all(folders.map((folder) => leftoversIn(folder, host)))).flat()
    return left.map((path) => ({what: `The file ${path} is left of a write whose process is gone.`, repair: [{kind: 'file.remove', path}]}))
  },
}
