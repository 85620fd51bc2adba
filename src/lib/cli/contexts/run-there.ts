// Carries out an invocation on one host through its agent, and shows what comes of it just as if it had run here. The log of a task is
// followed across lost connections: the task does not need us.
import {UnavailableError, errorChain, errorKind, printable, printableLines} from '../../base/index.ts'
import type {AppError, Clock} from '../../base/index.ts'
import type {RemoteInvocation, RemoteTaskEnd} from '../../host/index.ts'
import type {ContextHost} from '../../hosts/contexts.ts'
import {taskError} from '../../tasks/follow-task.ts'
import {passProgress, type Progress} from '../../tasks/task-log.ts'
import {environmentFor} from '../command-environment.ts'
import {commandLog, type CommandLog} from '../command-log.ts'
import {printPlan, printResult} from '../print-result.ts'
import type {Invocation} from '../run-command.ts'
import type {Surroundings} from '../surroundings.ts'
import {taskPatienceMs} from '../task-patience.ts'
import {connectedAgain, reconnectLimitMs} from './connect-again.ts'
import type {HostLinks} from './host-links.ts'
import {checkedPlan, checkedResult, showLogLine, wordsOf} from './remote-result.ts'
import {startTaskThere} from './start-task-there.ts'
import type {TaskPlace} from './start-task-there.ts'

/** @returns the exit code. @throws AppError, of the host or of the way to it */
export async function runThere(invocation: Invocation, host: ContextHost, links: HostLinks, clock: Clock, surroundings: Surroundings): Promise<number> {
  const {spec, params, standard} = invocation
  const agent = await links.agent(host)
  const environment = environmentFor(spec, surroundings.env)
  const remote: RemoteInvocation = {
    command: spec.id, params, dryRun: standard.dryRun, ...(spec.kind === 'read' ? {isRead: true} : {}), ...(Object.keys(environment).length === 0 ? {} : {environment}),
  }
  if (spec.kind === 'task' && !standard.dryRun) return runTaskThere(invocation, remote, {agent, host, links, clock}, surroundings)
  if (spec.kind === 'interactive' && !standard.dryRun) return (await import('./terminal-there.ts')).runTerminalThere(remote, host, {agent, links}, surroundings)
  const log = commandLog(surroundings.streams.stderr, {env: surroundings.env, isQuiet: standard.quiet})
  const outcome = await agent.run(remote, {onLog: (line) => showLogLine(line, log)}, surroundings.signal)
  if (standard.dryRun) await printPlan(checkedPlan(outcome, spec, host.name), standard, surroundings)
  else {
    const {handler} = await invocation.entry.handler()
    await printResult(checkedResult(outcome, spec, host.name), spec, standard, surroundings, wordsOf(handler, host.name))
  }
  return 0
}

async function runTaskThere({spec, params, standard}: Invocation, remote: RemoteInvocation, place: TaskPlace, surroundings: Surroundings): Promise<number> {
  const {streams, signal} = surroundings
  const log = commandLog(streams.stderr, {env: surroundings.env, isQuiet: standard.quiet})
  const {upid, agent} = await startTaskThere(remote, place, log, signal)
  const leave = async () => {
    await printResult(upid, {...spec, output: {as: 'lines'}}, standard, surroundings)
    return 0
  }
  if (standard.async) return leave()
  const end = await attendTaskThere(upid, {...place, agent}, log, {
    line: (text) => { if (!standard.quiet) log.line(printable(text)) },
    progress: (progress) => passProgress(progress, log),
  }, signal, taskPatienceMs(spec, params)).finally(() => log.finish())
  if (end === undefined) return leave()
  const error = taskError(upid, end)
  if (error !== undefined) throw error
  await printResult(end.result ?? upid, spec, standard, surroundings)
  return 0
}

interface TaskWatcher {
  line(text: string): void
  progress(progress: Progress): void
}

/** Follows a task to its end, or for `patienceMs`. Ctrl-C asks the task to stop, once; a lost connection is made again. */
async function attendTaskThere(upid: string, {agent, host, links, clock}: TaskPlace, log: CommandLog, watcher: TaskWatcher, interrupted: AbortSignal, patienceMs?: number): Promise<RemoteTaskEnd | undefined> {
  const comeBack = `corral task wait ${printable(upid)} --on ${host.name}`
  let client = agent
  const stop = () => {
    log.notice(`Asked the task to stop. Press Ctrl-C again to leave it alone; come back to it with: ${comeBack}`)
    client.stopTask(upid).catch((error: unknown) => log.warn(`the task could not be asked to stop: ${errorChain(error).join(': ')}`))
  }
  if (interrupted.aborted) stop()
  else interrupted.addEventListener('abort', stop, {once: true})
  // The task is followed to its end, whatever the user wants of it; a second Ctrl-C ends this process.
  const following = new AbortController()
  const done = new AbortController()
  if (patienceMs !== undefined) clock.sleep(patienceMs, done.signal).then(() => { following.abort() }, () => undefined)
  let offset = 0
  const events = {...watcher, offset: (byte: number) => { if (Number.isSafeInteger(byte) && byte > offset) offset = byte }}
  try {
    for (;;) {
      try {
        return harmless(await client.followTask(upid, offset, events, following.signal))
      } catch (error) {
        if (following.signal.aborted) return undefined
        if (errorKind(error) !== 'unavailable') throw error
        log.notice(`The connection to ${host.name} was lost; the task goes on. Connecting again.`)
        client = await connectedAgain({
          host, links, clock, interrupted, giveUpAtMs: clock.monotonicMs() + reconnectLimitMs, givenUp: (cause) => leftAlone(host, comeBack, cause),
        }, error)
      }
    }
  } finally {
    done.abort()
    interrupted.removeEventListener('abort', stop)
  }
}

function leftAlone(host: ContextHost, comeBack: string, cause: unknown): AppError {
  return new UnavailableError(`the connection to ${host.name} was lost; the task goes on without us`, {cause, nextSteps: [`Find it again: ${comeBack}`]})
}

/** The end of a task in the words of a host. */
function harmless(end: RemoteTaskEnd): RemoteTaskEnd {
  return {
    ...end, status: printableLines(String(end.status)),
    ...(end.sentences === undefined ? {} : {sentences: end.sentences.map(String)}), ...(end.nextSteps === undefined ? {} : {nextSteps: end.nextSteps.map(String)}),
  }
}
