// `corral-agent --command WORDS`: a command of the catalog as a program on this host runs it, which has no command line installed:
// qmeventd calls `qm cleanup` so. The result is not shown; what went wrong goes to standard error.
import {NotFoundError, errorChain, printable} from '../base/index.ts'
import {readCommandLine} from '../spec/command-line.ts'
import {checkParams} from '../spec/validate.ts'
import type {Log} from '../tasks/index.ts'
import {followTask, runHandler, taskError} from '../tasks/index.ts'
import {localContext} from '../tasks/local-context.ts'
import type {AgentParts} from './stdio.ts'

const maxCommandWords = 4

/** @returns the exit code */
export async function runWords(words: readonly string[], {env, catalog: load, workerArgv}: AgentParts): Promise<number> {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort())
  const say = (line: string) => { process.stderr.write(`${printable(line)}\n`) }
  const log: Log = {info: () => undefined, progress: () => undefined, notice: say, warn: (message) => say(`Warning: ${message}`)}
  try {
    const catalog = await load()
    const counts = Array.from({length: Math.min(maxCommandWords, words.length)}, (_, index) => index + 1).reverse()
    const count = counts.find((some) => Object.hasOwn(catalog.commands, words.slice(0, some).join(' ')))
    const entry = count === undefined ? undefined : catalog.commands[words.slice(0, count).join(' ')]
    if (entry === undefined) throw new NotFoundError(`there is no command '${words.join(' ').slice(0, 80)}'`)
    const {spec} = await entry.spec()
    const {params, standard} = readCommandLine(spec, words.slice(count))
    const checked = checkParams(spec.params, params)
    const {context, close} = await localContext({env, catalog, workerArgv, log, signal: stop.signal})
    try {
      if (spec.kind === 'task' && !standard.dryRun) {
        const upid = await context.startTask(spec.id, checked)
        const failure = taskError(upid, await followTask(upid, context, {line: say}, {signal: stop.signal}))
        if (failure !== undefined) throw failure
      } else {
        await runHandler((await entry.handler()).handler, checked, context, {dryRun: standard.dryRun})
      }
    } finally {
      await close()
    }
    return 0
  } catch (error) {
    say(errorChain(error).join(': '))
    return 1
  }
}
