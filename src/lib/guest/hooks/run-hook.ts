// Calls the hook script of a guest. Only `pre-start` may stand in the way: what goes wrong in another phase is told and left.
//
// A worker that is killed while the script runs leaves the step to whoever takes over, who does it once more. So that a script that kills its
// caller is not called for ever, each call for one occasion is counted in a run file, before it is made.
import {AppError, errorChain, printable} from '../../base/index.ts'
import type {Places} from '../../base/index.ts'
import type {Action, ActionKind, Context} from '../../tasks/index.ts'
import {commandLine, defineAction} from '../../tasks/index.ts'
import type {HookPhase} from './hook-script.ts'
import {runHookScript} from './hook-script.ts'

export interface RunHook extends Action {
  readonly vmid: number
  readonly volume: string
  readonly phase: HookPhase
  /** Which start or stop this is. */
  readonly occasion: string
}

/** What the call is about, for a type of guests. */
export interface HookKind<Kind extends string> {
  readonly kind: Kind
  readonly noun: string
  /** The folder of the run files, and the file that counts the calls for a phase. */
  readonly countPath: (places: Places, vmid: number, phase: Exclude<HookPhase, 'pre-start'>) => {readonly dir: string; readonly path: string}
}

const mostCalls = 2
const maxCountBytes = 1024

export function defineRunHook<Kind extends string>({kind, noun, countPath}: HookKind<Kind>): ActionKind {
  return defineAction<RunHook & {readonly kind: Kind}>({
    kind,
    describe: ({volume, vmid, phase}) => [commandLine([volume, String(vmid), phase])],
    run: async (action, context) => {
      const {vmid, volume, phase} = action
      if (phase === 'pre-start') {
        await runHookScript({volume, vmid, phase, noun}, context)
        return
      }
      try {
        if (await mayCall(action, {noun, ...countPath(context.places, vmid, phase)}, context)) await runHookScript({volume, vmid, phase, noun}, context)
      } catch (error) {
        if (!(error instanceof AppError) || (error.kind === 'cancelled' && context.signal.aborted)) throw error
        context.log.warn(printable(errorChain(error).join(': ')))
      }
    },
  })
}

/** Counts this call; false when there were enough for this occasion. */
async function mayCall({vmid, phase, occasion}: RunHook, {noun, dir, path}: {readonly noun: string; readonly dir: string; readonly path: string}, {host: {files}, log}: Context): Promise<boolean> {
  const text = await files.stat(path) === undefined ? '' : await files.readText(path, maxCountBytes)
  const [who, count] = text.split(' ')
  const calls = who === occasion ? Number(count) : 0
  if (calls >= mostCalls) {
    log.warn(`the hook script of ${noun} ${vmid} was called ${calls} times for this ${phase} and never came to its end; it is left alone`)
    return false
  }
  await files.makeDirectory(dir, 0o700)
  await files.write(path, `${occasion} ${calls + 1}`, {durable: false})
  return true
}
