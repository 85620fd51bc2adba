// The steps that put the agent's freezing around the moment at which something is taken of the disks of a running guest. Pure.
import type {Step} from '../../../tasks/index.ts'
import {hasAgent} from '../arguments/index.ts'
import {readAgent} from '../config/index.ts'

export interface FreezeSteps {
  /** Before the moment; each with its undo. */
  readonly freeze: readonly Step[]
  /** Right after it, once the guest executes again. */
  readonly thaw: readonly Step[]
}

/** A minute: databases in the guest wait for their disks all that time. */
const defaultMaxFrozenMs = 60_000

/**
 * None for a guest without an agent or with `freeze-fs=0`. For a guest that runs; that it runs no more when the steps are done, or is halted,
 * does no harm. A state of its memory that is kept too needs no freezing.
 * @param values the configuration that the guest runs with
 */
export function freezeSteps(vmid: number, values: Readonly<Record<string, string>>, maxFrozenMs = defaultMaxFrozenMs): FreezeSteps {
  if (!hasAgent(values) || readAgent(values['agent'])['freeze-fs'] === false) return {freeze: [], thaw: []}
  const thaw = {kind: 'guest.thaw', vmid}
  return {freeze: [{do: {kind: 'guest.freeze', vmid, maxFrozenMs}, undo: thaw}], thaw: [{do: thaw}]}
}
