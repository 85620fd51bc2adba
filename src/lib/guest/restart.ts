// Starting a guest again whose reboot waited for its end, and taking the wish for that back. Bound to a type of guests by data.
import {errorChain} from '../base/index.ts'
import type {Places} from '../base/index.ts'
import {defineAction} from '../tasks/index.ts'
import type {Action, ActionKind, Context} from '../tasks/index.ts'

export interface RestartGuest extends Action {
  readonly vmid: number
}

/** The file that says that a reboot was asked for. */
export type WishPath = (places: Places, vmid: number) => string

/** Starts it by a task of its own, which waits for the lock that is held here. */
export function defineRestart<Kind extends string>({kind, noun, command, wishPath}: {readonly kind: Kind; readonly noun: string; readonly command: string; readonly wishPath: WishPath}): ActionKind {
  return defineAction<RestartGuest & {readonly kind: Kind}>({
    kind,
    describe: ({vmid}) => [`${command} ${vmid}`],
    run: async ({vmid}, context) => {
      try {
        context.log.info(`${noun} ${vmid} is started again: ${await context.startTask(command, {vmid})}`)
      } catch (error) {
        context.log.warn(`${noun} ${vmid} could not be started again: ${errorChain(error).join(': ')}`)
      }
      // Only now: were it removed first and this process killed, the guest would stay off.
      await context.host.files.remove(wishPath(context.places, vmid))
    },
  })
}

/** For a guest that did not end. One that has ended meanwhile is started again all the same: that is what was asked for, and whoever clears up after it does so. */
export function defineForgetReboot<Kind extends string>({kind, wishPath, isRunning}: {
  readonly kind: Kind
  readonly wishPath: WishPath
  readonly isRunning: (vmid: number, context: Context) => Promise<boolean>
}): ActionKind {
  return defineAction<RestartGuest & {readonly kind: Kind}>({
    kind,
    describe: ({vmid}) => [`# guest ${vmid} is not to be started again`],
    run: async ({vmid}, context) => {
      if (await isRunning(vmid, context)) await context.host.files.remove(wishPath(context.places, vmid))
    },
  })
}
