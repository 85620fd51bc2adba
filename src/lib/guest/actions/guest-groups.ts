// Starts or shuts down guests in groups: one group after the other, within a group as many at a time as there are workers. Each guest is a
// task of its own; one that fails is told and holds up nobody, and all that failed make the whole fail in the end.
import {CancelledError, ToolError, errorChain} from '../../base/index.ts'
import type {Action, Context} from '../../tasks/index.ts'

/** A guest, with the command that is run for it. */
export interface GroupMember {
  readonly vmid: number
  readonly command: string
  readonly params: Readonly<Record<string, unknown>>
  /** To be waited after it before the next one has its turn. */
  readonly pauseSeconds: number
}

export interface GuestGroupsAction extends Action {
  readonly groups: readonly (readonly GroupMember[])[]
  readonly maxWorkers: number
  /** Seconds before the first. */
  readonly delaySeconds: number
}

export function describeGroups({groups, delaySeconds, maxWorkers}: GuestGroupsAction): string[] {
  const last = groups.at(-1)?.at(-1)
  const pauseAfter = (member: GroupMember) => member.pauseSeconds > 0 && member !== last ? [`# wait ${member.pauseSeconds} s`] : []
  const lines = groups.flatMap((group, index) => [
    ...(groups.length === 1 ? [] : [`# group ${index + 1} of ${groups.length}${maxWorkers > 1 && group.length > 1 ? `, ${Math.min(maxWorkers, group.length)} at a time` : ''}`]),
    ...group.flatMap((member) => [[member.command, ...wordsOf(member.params)].join(' '), ...pauseAfter(member)]),
  ])
  return [...(delaySeconds > 0 ? [`# wait ${delaySeconds} s`] : []), ...lines]
}

function wordsOf({vmid, ...options}: Readonly<Record<string, unknown>>): string[] {
  return [String(vmid), ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value === true ? '1' : value === false ? '0' : String(value)])]
}

/** @throws ToolError naming the guests that failed; CancelledError, which leaves the guests that have begun to themselves */
export async function runGroups(action: GuestGroupsAction, context: Context): Promise<void> {
  const {clock, log, signal} = context
  if (action.delaySeconds > 0) {
    log.info(`waiting ${action.delaySeconds} s before the first guest`)
    await clock.sleep(action.delaySeconds * 1000, signal)
  }
  const failed: {vmid: number; reason: string}[] = []
  for (const group of action.groups) {
    const waiting = [...group]
    const worker = async () => {
      for (let member = waiting.shift(); member !== undefined; member = waiting.shift()) {
        const reason = await runMember(member, context)
        if (reason !== undefined) failed.push({vmid: member.vmid, reason})
        // The last one of all has nobody to be waited for.
        const isLast = waiting.length === 0 && group === action.groups.at(-1)
        if (reason === undefined && member.pauseSeconds > 0 && !isLast) await clock.sleep(member.pauseSeconds * 1000, signal)
        if (signal.aborted) throw new CancelledError()
      }
    }
    await Promise.all(Array.from({length: Math.min(action.maxWorkers, group.length)}, worker))
  }
  if (failed.length === 0) return
  const vmids = failed.map(({vmid}) => vmid).sort((a, b) => a - b)
  throw new ToolError(`${vmids.length} of ${action.groups.flat().length} guests failed: ${vmids.join(', ')}`, {
    host: context.node, argv: [action.kind], exitCode: null, stderr: failed.map(({vmid, reason}) => `${vmid}: ${reason}`).join('\n'),
    data: {vmids}, nextSteps: ['What went wrong with each stands above and in its own task: pvenode task list --errors 1'],
  })
}

/** @returns why it failed, if it did */
async function runMember({vmid, command, params}: GroupMember, context: Context): Promise<string | undefined> {
  const {followTask, taskError} = await import('../../tasks/follow-task.ts')
  const {log, signal} = context
  try {
    const upid = await context.startTask(command, params)
    log.info(`${command} ${vmid}: ${upid}`)
    const end = await followTask(upid, context, {line: () => undefined}, {signal})
    const error = taskError(upid, end)
    if (error === undefined) return undefined
    log.warn(`${command} ${vmid} failed: ${errorChain(error).join(': ')}`)
    return error.message
  } catch (error) {
    if (signal.aborted) throw error
    log.warn(`${command} ${vmid} failed: ${errorChain(error).join(': ')}`)
    return errorChain(error)[0] ?? 'unknown'
  }
}
