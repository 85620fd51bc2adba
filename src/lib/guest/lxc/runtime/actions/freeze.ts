// Freezes the processes of a container, and lets them go on: the kernel's control group for that, through LXC. Both are right as well for one that has ended.
import type {Action} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import {freezeArgv} from '../freezing.ts'
import {monitorOf} from '../status.ts'
import {guardFrozen, removeMark} from '../thaw-guard.ts'

export interface FreezeContainer extends Action {
  readonly vmid: number
  readonly argv: readonly string[]
  /** For the moment only that something takes: should its worker die, the container goes on by itself. */
  readonly isHeld?: boolean
}

const limitMs = 60_000

export const freeze = defineAction<FreezeContainer & {readonly kind: 'lxc.freeze'}>({
  kind: 'lxc.freeze',
  describe: ({argv}) => [commandLine(argv)],
  run: async ({argv, vmid, isHeld = false}, context) => {
    if (await monitorOf(vmid, context) === undefined) return
    const {host, places, signal} = context
    if (isHeld) await guardFrozen(vmid, context)
    try {
      await host.run(argv, {timeoutMs: limitMs, signal, diesWithUs: true})
    } catch (error) {
      // Some of its processes may stand still already.
      await host.run(freezeArgv(places, vmid, 'thaw'), {timeoutMs: limitMs, okExitCodes: [0, 1]})
      await removeMark(vmid, context)
      throw error
    }
  },
})

export const thaw = defineAction<FreezeContainer & {readonly kind: 'lxc.thaw'}>({
  kind: 'lxc.thaw',
  describe: ({argv}) => [commandLine(argv)],
  run: async ({argv, vmid}, context) => {
    // Not to be cancelled: a container that stands still is of use to nobody.
    if (await monitorOf(vmid, context) !== undefined) await context.host.run(argv, {timeoutMs: limitMs})
    await removeMark(vmid, context)
  },
})
