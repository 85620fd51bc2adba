// What is done after a virtual machine has ended, however it did. Pure; every step is right to be done again.
import type {Step} from '../../../tasks/index.ts'
import type {GuestFile} from '../guest-files.ts'
import {startVolumes} from './start-steps.ts'

/** @param keepActive leave the volumes available on the host */
export function afterEndSteps({vmid, config}: Pick<GuestFile, 'vmid' | 'config'>, {keepActive}: {keepActive: boolean}): Step[] {
  const volumes = keepActive ? [] : startVolumes(config.current.values)
  return [
    {do: {kind: 'qemu.clear-run-files', vmid}},
    ...(volumes.length === 0 ? [] : [{do: {kind: 'qemu.detach-volumes', volumes}}]),
  ]
}
