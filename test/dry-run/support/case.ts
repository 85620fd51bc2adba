// What a case of the comparison is. To add one: give the command a line in the file of its domain in test/dry-run/cases, with the words of a
// command line that works, after preparing what it needs.
import type {World} from './world.ts'

export interface DryRunCase {
  /** What is special about it, where a command has several. */
  readonly about?: string
  /** Prepares the installation, and gives the words that are then run twice: `['qm', 'set', '100', '--memory', '64']`. */
  readonly arrange: (world: World) => Promise<readonly string[]>
  /** What must not be shown. */
  readonly secrets?: readonly string[]
  /** What must be shown, besides that all that is shown is done: a case that prints nothing proves little. */
  readonly shows: RegExp
}

/** The cases of each command. */
export type DryRunCases = Readonly<Record<string, readonly DryRunCase[]>>
