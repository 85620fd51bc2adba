// Takes a snapshot of each guest of a job, and removes those that its rules give up: each a task of its own. Of a guest whose snapshot could not be taken
// none is removed; a guest that fails holds up nobody.
import {CancelledError, ToolError, errorChain} from '../../../base/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {runToEnd, wordsOf} from '../run-to-end.ts'

export interface GuestToKeep {
  readonly vmid: number
  readonly tool: 'qm' | 'pct'
  readonly take: Readonly<Record<string, unknown>>
  /** Names of snapshots. */
  readonly remove: readonly string[]
}

export interface TakeSnapshots extends Action {
  readonly kind: 'jobs.take-snapshots'
  readonly guests: readonly GuestToKeep[]
}

export const takeSnapshots = defineAction<TakeSnapshots>({
  kind: 'jobs.take-snapshots',
  describe: ({guests}) => guests.flatMap(({tool, vmid, take, remove}) => [
    commandLine(wordsOf(`${tool} snapshot`, take, ['vmid'])),
    ...remove.map((snapname) => commandLine(wordsOf(`${tool} delsnapshot`, {vmid, snapname}, ['vmid']))),
  ]),
  run: async ({guests}, context) => {
    const failed: {vmid: number; reason: string}[] = []
    for (const guest of guests) {
      const reason = await keep(guest, context)
      if (reason !== undefined) failed.push({vmid: guest.vmid, reason})
      if (context.signal.aborted) throw new CancelledError()
    }
    if (failed.length === 0) return
    throw new ToolError(`the snapshots of ${failed.length} of ${guests.length} guests failed: ${failed.map(({vmid}) => vmid).join(', ')}`, {
      host: context.node, argv: ['jobs.take-snapshots'], exitCode: null, stderr: failed.map(({vmid, reason}) => `${vmid}: ${reason}`).join('\n'),
      data: {vmids: failed.map(({vmid}) => vmid)}, nextSteps: ['What went wrong with each stands above and in its own task: pvenode task list --errors 1'],
    })
  },
})

/** @returns what went wrong, if something did */
async function keep({vmid, tool, take, remove}: GuestToKeep, context: Context): Promise<string | undefined> {
  const {log, signal} = context
  const steps = [[`${tool} snapshot`, take] as const, ...remove.map((snapname) => [`${tool} delsnapshot`, {vmid, snapname}] as const)]
  for (const [command, params] of steps) {
    let error: unknown
    try {
      error = await runToEnd(command, params, context)
    } catch (thrown) {
      if (signal.aborted) throw thrown
      error = thrown
    }
    if (error === undefined) continue
    log.warn(`${command} ${vmid} ${String(params['snapname'])} failed: ${errorChain(error).join(': ')}`)
    return errorChain(error)[0] ?? 'unknown'
  }
  return undefined
}
