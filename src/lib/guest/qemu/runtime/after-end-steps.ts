// What is done after a virtual machine has ended, however it did. Pure; every step is right to be done again.
import type {Step} from '../../../tasks/index.ts'
import type {GuestFile} from '../guest-files.ts'
import {hookActions} from './hook-steps.ts'
import {startVolumes} from './start-steps.ts'

export interface EndedRun {
  /** Leave the volumes available on the host. */
  readonly keepActive: boolean
  /** Which run it was (uncleanedRun); undefined when somebody has cleared up after it. */
  readonly run: string | undefined
}

/** The run files go last: as long as the PID file is there, whoever comes next does what is missing. */
export function afterEndSteps({vmid, config}: Pick<GuestFile, 'vmid' | 'config'>, {keepActive, run}: EndedRun): Step[] {
  const {values} = config.current
  const volumes = keepActive ? [] : startVolumes(values)
  return [
    ...(volumes.length === 0 ? [] : [{do: {kind: 'guest.detach-volumes', volumes}}]),
    ...(run === undefined ? [] : hookActions(vmid, values, 'post-stop', run).map((action) => ({do: action}))),
    {do: {kind: 'qemu.clear-run-files', vmid}},
  ]
}
