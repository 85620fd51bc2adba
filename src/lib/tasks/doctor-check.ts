// How a domain tells `corral doctor` what it left behind and how that is put right.
import type {Context} from './context.ts'
import type {Action} from './plan.ts'

/** One thing that is not as it should be. */
export interface Finding {
  /** One sentence: `The run files of guest 100 are left of a QEMU that is gone.` */
  readonly what: string
  /** What puts it right, idempotent, in order; none when only a person can. Each takes the locks that it needs itself. */
  readonly repair: readonly Action[]
  /** What a person can do when there is no repair. */
  readonly nextSteps?: readonly string[]
}

export interface DoctorCheck {
  /** What it looks at, in a few words: `tasks`, `run files of virtual machines`. */
  readonly name: string
  /** Looks and changes nothing. */
  find(context: Context): Promise<readonly Finding[]>
}
