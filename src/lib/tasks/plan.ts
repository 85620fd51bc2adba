// A plan is what a changing command is going to do, as data: the same object is printed by --dry-run, written to the undo journal
// and carried out (carry-out.ts). An action names its kind; what a kind does is registered once by the domain that owns it.
import type {Context} from './context.ts'

/** One thing to do. `kind` is `<domain>.<verb>`, such as `volume.create`; the rest is plain JSON data. Never holds a secret: those are in Context.inputs. */
export interface Action {
  readonly kind: string
  readonly [field: string]: unknown
}

export interface Step {
  readonly do: Action
  /** Takes the step back; must also be right when the step was done half or not at all. */
  readonly undo?: Action
  /**
   * Locks that the rest of the plan does not need, given back once this step is done: `storage/local` when the new volumes have their names,
   * before hours of copying. They come last in the order of locks. An undo, and `afterwards`, have them again. Only in a plan of `undo`.
   */
  readonly thenRelease?: readonly string[]
}

export interface Plan {
  readonly steps: readonly Step[]
  /**
   * With `undo`: what is done once all steps are, and cannot be taken back, such as the removal of volumes that the steps gave up.
   * Idempotent; from the first of them on the plan is one that is finished. One whose failure should not stop the others catches it
   * and warns.
   */
  readonly afterwards?: readonly Action[]
  /** `afterwards` do without the locks that steps gave back, as they take hours; nobody waits for those then. */
  readonly afterwardsKeepReleased?: true
  /**
   * What becomes of a plan whose worker died: `undo` takes back what was done, last step first; `finish` (destroy and the like, whose
   * steps are idempotent) carries out the rest. The same for a live one: when a step fails or the caller cancels, `undo` takes back;
   * `finish` cannot be cancelled once it has begun, and stops at a step that fails (repeat the command). A step of `finish` whose
   * failure should not stop the rest catches it and warns.
   */
  readonly whenInterrupted: 'undo' | 'finish'
  /** What the command returns when all steps are done. */
  readonly result?: unknown
  /** Instead of `result`: the number of the step (from 0) whose action gives it, where it is not known before (what a guest answers). */
  readonly resultOfStep?: number
}

export interface ActionKind<A extends Action = Action> {
  readonly kind: A['kind']
  /** The host commands as they would be typed (secrets masked) and configuration changes, for --dry-run; one entry a line. */
  describe(action: A): readonly string[]
  /** The action as a dry run shows it to programs, where it holds what nobody may see: a file with a password in it. */
  shown?(action: A): A
  /** What it gives counts only for a plan that names its step as `resultOfStep`; an action that is finished by somebody else gives it to nobody. */
  run(action: A, context: Context): Promise<unknown>
  /**
   * What it will plan when its turn comes, and carry out under locks of its own (the backup of each of many guests), as it would be now. For --dry-run,
   * behind what `describe` says. What would be refused is told there as well.
   */
  foresee?(action: A, context: Context): Promise<readonly Foreseen[]>
  /** What it changes, in a few words, for an error: `the configuration nodes/h1/qemu-server/100.conf`. */
  subject?(action: A): string
  /** Done whole or not at all, even when the process dies in the middle; so a plan of this one step needs no journal. */
  readonly isAtomic?: boolean
  /**
   * A ConflictError of `run` means that it touched nothing, so its undo is not run: a volume that was in the way is somebody else's
   * and must not be removed. True for every atomic action.
   */
  readonly conflictMeansUntouched?: boolean
  /** When `run` throws, it has taken everything back by itself; the undo is for a process that died in the middle. */
  readonly takesBackItself?: boolean
  /**
   * Among what is finished and not undone: when `run` throws, it and what follows it stay in the journal, and the next command for the same object, or
   * `corral doctor`, tries again, as after a death. It has to know by itself when there is nothing left to do. Absent: the caller repeats the command.
   */
  isLeftWhenItFails?(action: A): boolean
}

/** A plan within an action, or why there would be none. */
export interface Foreseen {
  /** `guest 100`. */
  readonly about: string
  readonly plan?: Plan
  readonly lines: readonly string[]
  readonly refusal?: string
}

export function defineAction<A extends Action>(kind: ActionKind<A>): ActionKind<A> {
  return kind
}
