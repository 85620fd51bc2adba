// Commands that are tasks: start the worker, show its log on stderr, and end as the task ended.
import {attendTask} from '../tasks/stop-task.ts'
import {StillRunningError, taskError} from '../tasks/follow-task.ts'
import {passProgress} from '../tasks/task-log.ts'
import {commandLog} from './command-log.ts'
import {printResult} from './print-result.ts'
import type {Invocation} from './run-command.ts'
import type {Surroundings} from './surroundings.ts'
import {taskPatienceMs} from './task-patience.ts'

/**
 * Starts the task and waits for it; with --async, prints its id instead. A result is printed for programs only: as with Proxmox VE's tools,
 * the text of a task is its log.
 * @throws AppError of the kind that the task stored
 */
export async function runAsTask({spec, params, standard}: Invocation, surroundings: Surroundings): Promise<number> {
  const {streams, signal, env} = surroundings
  const services = await surroundings.services()
  const log = commandLog(streams.stderr, {env, isQuiet: standard.quiet})
  return services.withContext({log, signal}, async (context) => {
    const upid = await context.startTask(spec.id, params)
    const leave = async () => {
      await printResult(upid, {...spec, output: {as: 'lines'}}, standard, surroundings)
      return 0
    }
    if (standard.async) return leave()
    const patienceMs = taskPatienceMs(spec, params)
    const end = await attendTask(upid, context, {
      line: (text) => { if (!standard.quiet) log.line(text) },
      progress: (progress) => passProgress(progress, log),
    }, signal, patienceMs === undefined ? {} : {timeoutMs: patienceMs}).catch(unlessStillRunning).finally(() => log.finish())
    if (end === undefined) return leave()
    const error = taskError(upid, end)
    if (error !== undefined) throw error
    await printResult(end.result ?? upid, spec, standard, surroundings)
    return 0
  })
}

function unlessStillRunning(error: unknown): undefined {
  if (!(error instanceof StillRunningError)) throw error
}
