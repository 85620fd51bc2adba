// A person at a desk who types commands for the lab's shared host: its agent, brought by `corral host add`, does the work there. For what has to run where the
// guests are; commands.ts is quicker, since Node is twenty times as slow on a lab host.
import {inject} from 'vitest'
import {Desk} from '../../e2e/support/desk.ts'

export interface AgentDesk {
  readonly desk: Desk
  /** A command for the host, with `--on` before the words behind: `pct exec` takes what follows for its own. @throws Error with what it said when it fails */
  typed(words: readonly string[], behind?: readonly string[]): Promise<string>
  close(): Promise<void>
}

export async function openAgentDesk(): Promise<AgentDesk> {
  const {home, name} = inject('lab')
  const desk = new Desk({home})
  await desk.must(['corral', 'host', 'add', name, '--context', 'lab'])
  return {
    desk,
    typed: (words, behind = []) => desk.must([...words, '--on', name, ...behind]),
    close: () => desk.close(),
  }
}
