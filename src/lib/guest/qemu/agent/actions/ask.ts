// Asks the agent of a guest one thing, and gives what it answers.
import {InvalidInputError} from '../../../../base/index.ts'
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {askAgent} from '../guest-with-agent.ts'
import {agentWords} from './agent-words.ts'

export interface AskAgent extends Action {
  readonly kind: 'guest.ask-agent'
  readonly vmid: number
  readonly execute: string
  readonly args?: Readonly<Record<string, unknown>>
  /** Arguments that are secret: for each the name under which Context.inputs has it. They are sent as base64. */
  readonly secretArgs?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  /** It changes nothing in the guest. */
  readonly looks?: boolean
  /** As in AgentCommand. */
  readonly isSilent?: boolean
}

/** The longest answers are those about the memory blocks of a large guest, some 300 KiB. What is printed has to end somewhere. */
const maxAnswerBytes = 4 * 1024 * 1024

export const ask = defineAction<AskAgent>({
  kind: 'guest.ask-agent',
  describe: ({execute, args = {}, secretArgs = {}, looks}) => [`# ${looks === true ? 'ask the guest agent' : 'guest agent'}: ${agentWords(execute, args, Object.keys(secretArgs))}`],
  run: async ({vmid, execute, args, secretArgs = {}, timeoutMs, isSilent}, context) => {
    const secrets = Object.entries(secretArgs).map(([name, input]) => [name, encoded(context.inputs?.[input])] as const)
    const all = args === undefined && secrets.length === 0 ? undefined : {...args, ...Object.fromEntries(secrets)}
    return askAgent(vmid, context, async (client) => {
      if (isSilent !== true) return {result: await client.execute(execute, all, timeoutMs)}
      await client.tellUnlessRefused(execute, all, timeoutMs ?? 2_000)
      return {result: {}}
    }, {maxAnswerBytes})
  },
})

/** @throws InvalidInputError when it was not given: by a caller that is no command line */
function encoded(secret: string | undefined): string {
  if (secret === undefined) throw new InvalidInputError('a password is needed and none was given')
  return Buffer.from(secret, 'utf8').toString('base64')
}
