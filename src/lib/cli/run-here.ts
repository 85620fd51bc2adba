// Commands that the called process carries out itself: reading and short changing ones, dry runs of tasks, and interactive ones.
import type {Handler} from '../tasks/index.ts'
import {runHandler} from '../tasks/run-command.ts'
import {commandLog} from './command-log.ts'
import {exitCodes} from './exit-codes.ts'
import {printPlan, printResult} from './print-result.ts'
import {hostConnector} from './host-connector.ts'
import {environmentFor} from './command-environment.ts'
import type {Invocation} from './run-command.ts'
import type {Surroundings} from './surroundings.ts'

/** Runs a handler in this process and prints what it gives. @throws AppError */
export async function runHere(invocation: Invocation, surroundings: Surroundings): Promise<number> {
  const {entry, spec, params, standard} = invocation
  const services = await surroundings.services()
  const log = commandLog(surroundings.streams.stderr, {env: surroundings.env, isQuiet: standard.quiet})
  // A dry run looks at an archive that comes on standard input, and at nothing else.
  const hasTerminal = spec.kind === 'interactive' && (!standard.dryRun || spec.interactiveWith?.value === '-')
  const terminal = hasTerminal ? surroundings.terminal() : undefined
  const wishes = {
    log, signal: surroundings.signal, environment: environmentFor(spec, surroundings.env), ...(terminal === undefined ? {} : {terminal}),
    ...(spec.runsOn === 'client' ? {connector: () => hostConnector(surroundings)} : {}),
  }
  const {handler} = await entry.handler()
  const outcome = await services.withContext(wishes, (context) => runHandler(handler, params, context, {dryRun: standard.dryRun})).finally(() => {
    log.finish()
    // What was begun to be read and is not wanted any more must not keep the process alive.
    if (terminal?.input.isTTY !== true) terminal?.input.destroy()
  })
  if (outcome.outcome === 'planned') {
    await printPlan(outcome, standard, surroundings)
    return 0
  }
  await printResult(outcome.result, spec, standard, surroundings, ownText(handler))
  const failure = handler.handles === 'change' ? undefined : handler.failure?.(outcome.result as never)
  return failure === undefined ? 0 : exitCodes[failure]
}

/** The handler's own wording of its result, where the spec's `output` cannot say it. */
function ownText(handler: Handler): ((result: unknown) => readonly string[]) | undefined {
  if (handler.text === undefined) return undefined
  return (result) => handler.text?.(result as never) ?? []
}
