// Runs a handler: the way of every command, in the caller's own process as in a worker. It checks who calls, takes the locks, lets the
// handler plan, and prints or carries out the plan. It knows neither the command line nor how results are shown.
import {ConflictError, ForbiddenError, printable} from '../base/index.ts'
import {inputNames} from '../spec/params.ts'
import type {CommandSpec} from '../spec/index.ts'
import {carryOut, describePlan, shownPlan} from './carry-out.ts'
import type {Caller, ChangingHandler, Context, Handler} from './context.ts'
import {holdsAll, lockNames} from './held-locks.ts'
import type {LockWanted} from './held-locks.ts'
import type {Plan} from './plan.ts'
import {journalsOf} from './recover.ts'
import {withLocks} from './with-locks.ts'

const defaultLockTimeoutMs = 10_000
/** How often what a command touches may change while it waits for its locks. */
const maxLockAttempts = 4

export type Outcome =
  | {readonly outcome: 'done'; readonly result: unknown}
  /** What would be done, as data and in lines. */
  | {readonly outcome: 'planned'; readonly plan: Plan; readonly lines: readonly string[]}

/**
 * Runs a handler with parameters that its spec has checked.
 * @throws ForbiddenError when the caller may not; UnavailableError when a lock is not to be had; what the handler and its steps throw
 */
export async function runHandler(
  handler: Handler, params: Readonly<Record<string, unknown>>, context: Context, options: {readonly dryRun?: boolean} = {},
): Promise<Outcome> {
  checkCaller(handler.spec, context.caller)
  const {typed, inputs} = withoutInputs(handler.spec, params)
  return runTyped(handler, typed, inputs === undefined ? context : {...context, inputs}, options)
}

async function runTyped(handler: Handler, params: Readonly<Record<string, unknown>>, context: Context, options: {readonly dryRun?: boolean}): Promise<Outcome> {
  if (handler.handles !== 'change') return {outcome: 'done', result: await handler.run(params as never, context)}
  const names = await handler.locks(params as never, context)
  if (options.dryRun === true) return planned(await handler.plan(params as never, context), names, context)
  await handler.beforeLocks?.(params as never, context)
  return {outcome: 'done', result: await changeUnderLocks(handler, params, names, context)}
}

/** Takes what was typed at a prompt, or came on standard input, out of the parameters: handlers plan with these, and plans are printed. */
function withoutInputs(spec: CommandSpec, params: Readonly<Record<string, unknown>>): {typed: Readonly<Record<string, unknown>>; inputs?: Record<string, string>} {
  const names = inputNames(spec.params)
  if (names.length === 0) return {typed: params}
  const entries = Object.entries(params)
  return {
    typed: Object.fromEntries(entries.filter(([name]) => !names.includes(name))),
    inputs: Object.fromEntries(entries.flatMap(([name, value]) => names.includes(name) && typeof value === 'string' ? [[name, value]] : [])),
  }
}

/**
 * Plans and carries out under the locks. Which those are was read without them, and what they were read from (a guest's disks) may have
 * changed before they were held: so it is asked again under them, and when more are needed they are given back and all are taken anew,
 * because locks are only ever taken in their order.
 * @throws ConflictError when that goes on
 */
async function changeUnderLocks(handler: ChangingHandler, params: Readonly<Record<string, unknown>>, firstNames: readonly LockWanted[], context: Context): Promise<unknown> {
  const command = commandInWords(handler.spec, params)
  const {lockTimeoutMs = defaultLockTimeoutMs} = handler
  const timeoutMs = typeof lockTimeoutMs === 'number' ? lockTimeoutMs : await lockTimeoutMs(params as never, context)
  let names = firstNames
  for (let attempt = 0; attempt < maxLockAttempts; attempt++) {
    const wish = {names, reason: command, timeoutMs}
    const attempted = await withLocks(wish, context, async (held, locks) => {
      const needed = await handler.locks(params as never, held)
      if (!holdsAll(locks.names, lockNames(needed))) return {needed}
      return {result: await carryOut(await handler.plan(params as never, held), locks, command)}
    })
    if ('result' in attempted) return attempted.result
    names = attempted.needed
  }
  throw new ConflictError(`what "${command}" has to lock changed each time before it was locked: somebody else keeps changing it`, {
    nextSteps: ['Nothing was done. Repeat the command when the other changes are through: pvenode task list shows them.'],
  })
}

/**
 * Until there are users, everything that a spec does not leave open to anyone is root's.
 * @throws ForbiddenError that says how it can be done
 */
export function checkCaller(spec: CommandSpec, caller: Caller): void {
  if (spec.needs === 'anyone' || caller.isRoot) return
  throw new ForbiddenError(`${caller.user} may not run ${spec.id}: it needs root`, {
    nextSteps: [`Run it as root: sudo ${spec.id} …`, 'Or work in an installation of your own: export CORRAL_ROOT="$HOME/corral"'],
  })
}

/** The command and its object: `qm start 100`. Positional values only, none that is secret. */
export function commandInWords(spec: CommandSpec, params: Readonly<Record<string, unknown>>): string {
  const words = spec.args.flatMap((name) => {
    const value = params[name]
    const isShown = spec.params[name]?.secret !== true && (typeof value === 'string' || typeof value === 'number')
    return isShown ? [printable(String(value)).slice(0, 64)] : []
  })
  return [spec.id, ...words].join(' ')
}

/** A dry run takes no locks, so that it neither waits nor makes others wait, and leaves dead operations alone. */
async function planned(plan: Plan, wanted: readonly LockWanted[], context: Context): Promise<Outcome> {
  // Who takes no locks may have no store to look into.
  const journals = wanted.length === 0 ? [] : await journalsOf(lockNames(wanted), context)
  const left = journals.map(({head}) => `# "${head.command}" is unfinished: it may run, or will be cleared up first`)
  return {outcome: 'planned', ...await foreseen(plan, await shownPlan(plan, context), context, [...left, ...await describePlan(plan, context)])}
}

/** With what its actions will plan when their turn comes. */
async function foreseen(plan: Plan, shown: Plan, context: Context, lines: readonly string[]): Promise<{plan: Plan; lines: readonly string[]}> {
  const all = await Promise.all(plan.steps.map(async ({do: action}) => (await context.actionKind(action.kind)).foresee?.(action, context)))
  if (all.every((parts) => parts === undefined)) return {plan: shown, lines}
  return {
    plan: {...shown, steps: shown.steps.map((step, index) => (all[index] === undefined ? step : {...step, do: {...step.do, foreseen: all[index]}}))},
    lines: [...lines, ...all.flatMap((parts = []) => parts).flatMap(({about, lines: own, refusal}) => [`# ${about}:`, ...own, ...refusal === undefined ? [] : [`# refused: ${refusal}`]])],
  }
}
