// Starts programs/client.ts and talks with it.
import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {createInterface} from 'node:readline'
import type {Change} from '../../../../src/lib/store/index.ts'
import {builtProgram} from '../../../support/built.ts'

export type Request =
  | {do: 'lock'; name: string; reason: string; timeoutMs: number}
  | {do: 'commit'; change: Change}
  | {do: 'write-many'; path: string; count: number}
  | {do: 'lost' | 'release'}

export interface Answer {
  ok?: unknown
  error?: string
  message?: string
}

export interface Client {
  readonly child: ChildProcess
  /** Sends a request; the answer to the n-th one is the n-th line. */
  ask(request: Request): Promise<Answer>
  /** Ends it and waits until it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>
}

export async function startClient(path: string, lockTtlMs?: number, wrapper: readonly string[] = []): Promise<Client> {
  const program = await builtProgram('test/unit/store/sqlite/programs/client.ts')
  const argv = [...wrapper, process.execPath, program, path, ...(lockTtlMs === undefined ? [] : [String(lockTtlMs)])]
  const child = spawn(argv[0] ?? '', argv.slice(1), {stdio: ['pipe', 'pipe', 'inherit']})
  const waiting: ((answer: Answer) => void)[] = []
  createInterface({input: child.stdout}).on('line', (line) => { waiting.shift()?.(JSON.parse(line) as Answer) })
  const exited = new Promise<void>((resolve) => { child.once('exit', () => { resolve() }) })
  void exited.then(() => { for (const answer of waiting.splice(0)) answer({error: 'ended', message: 'the client ended'}) })
  return {
    child,
    ask: (request) => new Promise((resolve) => {
      waiting.push(resolve)
      child.stdin.write(`${JSON.stringify(request)}\n`)
    }),
    async end(signal = 'SIGKILL') {
      child.kill(signal)
      await exited
    },
  }
}
