// Has the agent of a guest run a program there, and waits for its end where that is wanted.
import type {Action, Context} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {readExecPid, readExecStatus} from '../exec-status.ts'
import type {ExecStatus} from '../exec-status.ts'
import {askAgent} from '../guest-with-agent.ts'
import {agentWords} from './agent-words.ts'

export interface ExecInGuest extends Action {
  readonly kind: 'guest.exec'
  readonly vmid: number
  readonly argv: readonly string[]
  /** Its standard input, as base64, is what Context.inputs has under this name. */
  readonly stdinInput?: string
  /** How long its end is waited for; absent: not at all. */
  readonly waitMs?: number
}

/** What is printed of it. Without `exited` it still ran when the time was over, or was not waited for. */
export type ExecResult = {readonly pid: number} | ExecStatus

const [firstPauseMs, longestPauseMs] = [50, 1_000]

export const exec = defineAction<ExecInGuest>({
  kind: 'guest.exec',
  describe: ({argv, stdinInput, waitMs}) => [
    `# guest agent: ${agentWords('guest-exec', execArguments(argv), stdinInput === undefined ? [] : ['input-data'])}`,
    ...(waitMs === undefined ? [] : ['# ask the guest agent until it has ended: guest-exec-status']),
  ],
  run: async ({vmid, argv, stdinInput, waitMs}, context): Promise<ExecResult> => {
    const data = stdinInput === undefined ? undefined : context.inputs?.[stdinInput] ?? ''
    const pid = await askAgent(vmid, context, async (client) =>
      readExecPid(await client.execute('guest-exec', {...execArguments(argv), ...(data === undefined ? {} : {'input-data': data})})))
    return waitMs === undefined ? {pid} : await endOf(vmid, pid, waitMs, context) ?? {pid}
  },
})

function execArguments([path = '', ...arg]: readonly string[]): Record<string, unknown> {
  return {path, arg, 'capture-output': true}
}

/** A connection for each look: the socket serves one caller at a time, and others have business with the agent as well. */
async function endOf(vmid: number, pid: number, waitMs: number, context: Context): Promise<ExecStatus | undefined> {
  const {clock, signal} = context
  const deadline = clock.monotonicMs() + waitMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const status = await execStatus(vmid, pid, context)
    if (status.exited === 1) return status
    const leftMs = deadline - clock.monotonicMs()
    if (leftMs <= 0) return undefined
    await clock.sleep(Math.min(pauseMs, leftMs), signal)
  }
}

/** @throws ToolError when the agent knows no such program: it forgets one once it has told of its end */
export function execStatus(vmid: number, pid: number, context: Pick<Context, 'host' | 'places' | 'signal'>): Promise<ExecStatus> {
  return askAgent(vmid, context, async (client) => readExecStatus(await client.execute('guest-exec-status', {pid})))
}
