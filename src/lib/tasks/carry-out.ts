// Carries out a plan under the locks that the context holds: each undo record is in the journal before its step is done, a failure or
// a cancellation takes the steps back, last first, and success clears the journal. It knows actions only by their kinds.
import {AppError, CancelledError, ConflictError, InvalidInputError, errorChain} from '../base/index.ts'
import {maxFileBytes} from '../store/index.ts'
import type {Context} from './context.ts'
import type {HeldLocks} from './held-locks.ts'
import type {JournalLocks, JournalRecord, JournalWriter} from './journal.ts'
import {startJournal} from './journal.ts'
import {killSwitch} from './kill-switch.ts'
import type {Action, ActionKind, Plan, Step} from './plan.ts'

/** A record is a file of the store, and holds besides the action only who does it: the command in words and the locks. */
const maxActionBytes = maxFileBytes - 64 * 1024

/**
 * Does what the plan says.
 * @param locks those of the plan, with the context that holds them; whoever takes one of them next looks after this plan should we die
 * @param command what is done, in words, for the journal
 * @returns the plan's result
 * @throws whatever a step threw, after the steps were undone; CancelledError; ConflictError when a lock was lost on the way
 */
export async function carryOut(plan: Plan, locks: HeldLocks, command = 'an operation'): Promise<unknown> {
  const {context} = locks
  const hasLocks = locks.names.exclusive.length > 0
  const kinds = await loadKinds(plan, context)
  refuseWrongLocks(plan, locks)
  refuseWhenStopped(context)
  if (!needsNoJournal(plan, kinds)) refuseTooLarge(plan, kinds)
  const given: unknown[] = []
  if (needsNoJournal(plan, kinds)) given.push(await runAlone(plan.steps[0], kinds, context))
  else if (plan.whenInterrupted === 'finish' && !hasLocks) given.push(...await runAll(plan.steps, kinds, context))
  else if (plan.whenInterrupted === 'finish') given.push(...await finishSteps(plan, locks, command))
  else given.push(...await doOrUndo(plan, locks, kinds, command))
  return plan.resultOfStep === undefined ? plan.result : given[plan.resultOfStep]
}

/** What a plan would do, a line each: host commands as they would be typed, and changes of the configuration. */
export async function describePlan(plan: Plan, context: Pick<Context, 'actionKind'>): Promise<string[]> {
  const lines: string[] = []
  for (const action of actionsOf(plan)) lines.push(...(await context.actionKind(action.kind)).describe(action))
  return lines
}

/** The plan as a dry run shows it to programs: what its actions keep to themselves is masked. */
export async function shownPlan(plan: Plan, context: Pick<Context, 'actionKind'>): Promise<Plan> {
  const kinds = await loadKinds(plan, context)
  const shown = (action: Action) => kindOf(action, kinds).shown?.(action) ?? action
  return {
    ...plan,
    steps: plan.steps.map((step) => ({...step, do: shown(step.do), ...(step.undo === undefined ? {} : {undo: shown(step.undo)})})),
    ...(plan.afterwards === undefined ? {} : {afterwards: plan.afterwards.map(shown)}),
  }
}

/** A context whose signal fires only when a lock is lost: undoing and finishing are not cancelled. */
export function uncancelled(context: Context): Context {
  return {...context, signal: context.locksLost ?? new AbortController().signal}
}

/** All that a plan does when nothing comes in between. */
function actionsOf({steps, afterwards = []}: Plan): Action[] {
  return [...steps.map((step) => step.do), ...afterwards]
}

/** @throws AppError, for a mistake in the plan: found before anything is done rather than half-way */
function refuseWrongLocks({steps, whenInterrupted}: Plan, locks: HeldLocks): void {
  const {exclusive, shared} = locks.names
  if (exclusive.length === 0 && shared.length > 0) throw new AppError('internal', `a plan that only shares its locks (${shared.join(', ')}) could not be told from a dead one`)
  const releases = steps.flatMap(({thenRelease = []}) => thenRelease)
  if (releases.length === 0) return
  if (whenInterrupted !== 'undo') throw new AppError('internal', 'a plan that is finished keeps its locks to the end')
  locks.checkReleasable(releases)
}

type Kinds = ReadonlyMap<string, ActionKind>

/** All kinds, those of the undo steps too, before anything is done: a kind that is missing must not be found half-way. */
async function loadKinds(plan: Plan, context: Pick<Context, 'actionKind'>): Promise<Kinds> {
  const undos = plan.steps.flatMap(({undo}) => undo === undefined ? [] : [undo])
  const names = new Set([...actionsOf(plan), ...undos].map(({kind}) => kind))
  return new Map(await Promise.all([...names].map(async (name) => [name, await context.actionKind(name)] as const)))
}

function kindOf(action: Action, kinds: Kinds): ActionKind {
  const kind = kinds.get(action.kind)
  if (kind === undefined) throw new AppError('internal', `the action kind ${action.kind} was not loaded`)
  return kind
}

/**
 * Before anything is done: what a plan would have to write into the journal half-way must fit into it.
 * @throws InvalidInputError naming what is too large, and what it may have
 */
function refuseTooLarge({steps, afterwards = [], whenInterrupted}: Plan, kinds: Kinds): void {
  // An undo has a record of its own; what is to be finished stands together in the head.
  const together = whenInterrupted === 'finish' ? [...steps.map((step) => step.do), ...afterwards] : afterwards
  for (const actions of [...steps.map(({undo}) => undo === undefined || whenInterrupted === 'finish' ? [] : [undo]), together]) {
    const sizes = actions.map((action) => Buffer.byteLength(JSON.stringify(action)))
    const sizeBytes = sizes.reduce((sum, size) => sum + size, 0)
    const action = actions[sizes.indexOf(Math.max(...sizes))]
    if (sizeBytes <= maxActionBytes || action === undefined) continue
    const subject = kindOf(action, kinds).subject?.(action) ?? `a step (${action.kind})`
    throw new InvalidInputError(`${subject} is too large to be changed: the old and the new text must have less than ${maxActionBytes / 1024} KiB together, and have about ${Math.ceil(sizeBytes / 1024)} KiB`, {}, {
      nextSteps: ['Nothing was changed. Make it smaller first; a long description is the usual reason.'],
    })
  }
}

function needsNoJournal({steps, afterwards = [], whenInterrupted}: Plan, kinds: Kinds): boolean {
  if (steps.length > 1 || afterwards.length > 0) return false
  const [only] = steps
  if (only === undefined || kindOf(only.do, kinds).isAtomic === true) return true
  return whenInterrupted === 'undo' && only.undo === undefined
}

async function runAlone(step: Step | undefined, kinds: Kinds, context: Context): Promise<unknown> {
  if (step === undefined) return undefined
  if (kindOf(step.do, kinds).isAtomic !== true) await refuseWithoutLock(context)
  return runStep(step, kinds, context)
}

async function runStep(step: Step, kinds: Kinds, context: Context): Promise<unknown> {
  const given = await kindOf(step.do, kinds).run(step.do, context)
  await killSwitch('STEP')
  return given
}

/**
 * Idempotent steps without a lock. A journal is found by whoever takes its locks next, so here nobody would find it: the user repeats the
 * command. It needs no store, which users of other hosts do not have.
 */
async function runAll(steps: readonly Step[], kinds: Kinds, context: Context): Promise<unknown[]> {
  const given: unknown[] = []
  for (const step of steps) {
    refuseWhenStopped(context)
    given.push(await runStep(step, kinds, context))
  }
  return given
}

function refuseWhenStopped({signal, locksLost}: Context): void {
  if (locksLost?.aborted === true) throw lockLost(locksLost.reason)
  if (signal.aborted) throw new CancelledError()
}

/**
 * Asks the store itself whether the locks are still ours. A process that was stopped for longer than its leases goes on where it was, and
 * its signal fires only some moments later: by then it would have run a step, or undone what the next holder has made since.
 * A store that cannot answer (a full disk) is not taken for a no: the lock cannot be passed on in it either.
 * @throws ConflictError when one was lost
 */
async function refuseWithoutLock({store, fences, locksLost}: Context, cause?: unknown): Promise<void> {
  if (locksLost?.aborted === true) throw lockLost(cause ?? locksLost.reason)
  if (fences.length === 0) return
  try {
    await store.commit({fences})
  } catch (error) {
    if (error instanceof ConflictError) throw lockLost(cause ?? error)
  }
}

function lockLost(cause: unknown): ConflictError {
  return new ConflictError('the lock was lost while this process was held up; somebody else may be at work', {cause})
}

async function doOrUndo(plan: Plan, locks: HeldLocks, kinds: Kinds, command: string): Promise<unknown[]> {
  const {afterwards = []} = plan
  const given: unknown[] = []
  const journal = await startJournal({command, ...journalLocks(locks), whenInterrupted: 'undo'}, locks.context)
  try {
    for (const step of plan.steps) {
      given.push(await recordAndRun(step, journal, kinds, locks.context))
      if (step.thenRelease !== undefined) await release(step.thenRelease, locks, journal)
    }
    await (afterwards.length > 0 ? journal.finishWith(afterwards) : journal.clear())
  } catch (error) {
    // Without the lock nothing may be touched; whoever has it now finds the journal.
    await refuseWithoutLock(locks.context, error)
    if (journal.records.length > 0) await takeAgain(locks, journal).catch((failure: unknown) => { throw leftUndone(error, failure) })
    await undoRecords(journal, locks.context, error)
    throw error
  }
  if (afterwards.length === 0) return given
  if (plan.afterwardsKeepReleased === true) await journal.relock({...journalLocks(locks), releasedLocks: []}, locks.context.fences)
  else await takeAgain(locks, journal)
  await finishJournal(journal, afterwards, locks.context)
  return given
}

function journalLocks(locks: HeldLocks): JournalLocks {
  const {exclusive, shared} = locks.names
  return {locks: exclusive, ...(shared.length === 0 ? {} : {sharedLocks: shared}), releasedLocks: locks.released}
}

/** The journal says so first: a lock that it still names would keep its next holder waiting for the rest of ours. */
async function release(names: readonly string[], locks: HeldLocks, journal: JournalWriter): Promise<void> {
  const {locks: held, ...others} = journalLocks(locks)
  const kept = held.filter((name) => !names.includes(name))
  const {fences} = locks.context
  await journal.relock({...others, locks: kept, releasedLocks: [...locks.released, ...names]}, fences.filter(({lock}) => lock === undefined || !names.includes(lock)))
  await locks.giveBack(names)
}

/** @throws UnavailableError naming who has one; the journal then stays for whoever takes a lock of ours next */
async function takeAgain(locks: HeldLocks, journal: JournalWriter): Promise<void> {
  if (locks.released.length === 0) return
  try {
    await locks.takeAgain()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError(error.kind, error.message, {cause: error.cause, data: error.data, nextSteps: ['The rest is done by the next command for the same object, or by: corral doctor']})
  }
  await journal.relock(journalLocks(locks), locks.context.fences)
}

async function recordAndRun(step: Step, journal: JournalWriter, kinds: Kinds, context: Context): Promise<unknown> {
  refuseWhenStopped(context)
  if (step.undo === undefined) await refuseWithoutLock(context)
  else await journal.record(step.undo)
  try {
    return await runStep(step, kinds, context)
  } catch (error) {
    const kind = kindOf(step.do, kinds)
    const isUntouched = error instanceof ConflictError && (kind.conflictMeansUntouched === true || kind.isAtomic === true) || kind.takesBackItself === true
    const record = journal.records.at(-1)
    if (isUntouched && step.undo !== undefined && record !== undefined) await journal.forget(record)
    throw error
  }
}

async function undoRecords(journal: JournalWriter, context: Context, reason: unknown): Promise<void> {
  if (journal.records.length > 0) context.log.info(`undoing what was done: ${errorChain(reason).join(': ')}`)
  const failure = await undoJournal(journal, context).catch((error: unknown) => {
    // The lock was lost on the way: the next holder undoes the rest.
    if (error instanceof ConflictError) throw error
    // A store that cannot be written any more must not hide why we are here.
    return new AppError('unavailable', 'the journal cannot be written', {cause: error})
  })
  if (failure !== undefined) throw leftUndone(reason, failure)
}

/** Both in one: why the operation failed, and what kept it from being undone. */
function leftUndone(reason: unknown, failure: unknown): AppError {
  const [first = 'the operation failed', ...causes] = errorChain(reason)
  return new AppError(reason instanceof AppError ? reason.kind : 'internal', first, {
    cause: causes.reduceRight<unknown>((inner, sentence) => new Error(sentence, {cause: inner}), failure),
    ...(reason instanceof AppError ? {data: reason.data} : {}),
    nextSteps: ['Put right what keeps it from being undone, then run: corral doctor'],
  })
}

/**
 * Undoes the records of a journal, last first, and clears it. It stops at the first undo that fails, because the earlier ones count on
 * the later ones being undone; the journal then stays, with the reason, for whoever takes the lock next.
 * @returns why it stopped, when it did
 * @throws ConflictError when the lock was lost; nothing more is touched then
 */
export async function undoJournal(journal: JournalWriter, context: Context): Promise<AppError | undefined> {
  const undoing = uncancelled(context)
  for (const record of [...journal.records].reverse()) {
    await refuseWithoutLock(context)
    try {
      await (await context.actionKind(record.undo.kind)).run(record.undo, undoing)
    } catch (error) {
      return await undoFailed(record, journal, context, error)
    }
    await journal.forget(record)
    await killSwitch('UNDO')
  }
  await journal.clear()
  return undefined
}

async function undoFailed(record: JournalRecord, journal: JournalWriter, context: Context, error: unknown): Promise<AppError> {
  const why = errorChain(error).join(': ')
  context.log.warn(`undoing a step (${record.undo.kind}) failed: ${why}`)
  await journal.markFailed(record, why)
  return new AppError('internal', `a step (${record.undo.kind}) could not be undone`, {cause: error})
}

async function finishSteps(plan: Plan, locks: HeldLocks, command: string): Promise<unknown[]> {
  const {context} = locks
  const steps = actionsOf(plan)
  const journal = await startJournal({command, ...journalLocks(locks), whenInterrupted: 'finish', steps}, context)
  return finishJournal(journal, steps, context)
}

/**
 * Does all of the steps, which are idempotent, and clears the journal. A step that fails ends it, and the journal too, unless its kind leaves it: the
 * caller is told and repeats the command. Cancelling does not stop it, because nothing can be taken back.
 * @returns what each gives
 */
export async function finishJournal(journal: JournalWriter, steps: readonly Action[], context: Context): Promise<unknown[]> {
  const finishing = uncancelled(context)
  const given: unknown[] = []
  let isLeft = false
  try {
    for (const step of steps) {
      await refuseWithoutLock(context)
      const kind = await context.actionKind(step.kind)
      isLeft = kind.isLeftWhenItFails?.(step) === true
      given.push(await kind.run(step, finishing))
      await killSwitch('STEP')
    }
  } catch (error) {
    await refuseWithoutLock(context, error)
    if (!isLeft) await journal.clear()
    throw error
  }
  await journal.clear()
  return given
}
