// One command from its words to its exit code: read the words, check the values, run the handler here or in a task, print the result.
import {NotFoundError} from '../base/index.ts'
import {checkParams} from '../spec/validate.ts'
import {readCommandLine, type StandardOptions} from '../spec/command-line.ts'
import type {CommandSpec} from '../spec/index.ts'
import type {CatalogEntry} from '../tasks/index.ts'
import {withGuestNumbers} from './guest-numbers.ts'
import {runHere} from './run-here.ts'
import type {Surroundings} from './surroundings.ts'

/** A command whose words were read and whose values are right. */
export interface Invocation {
  readonly entry: CatalogEntry
  readonly spec: CommandSpec
  readonly params: Readonly<Record<string, unknown>>
  readonly standard: StandardOptions
}

/**
 * @param words what stands after the command's own words
 * @returns the exit code
 * @throws AppError
 */
export async function runCommand(entry: CatalogEntry, words: readonly string[], surroundings: Surroundings): Promise<number> {
  const {spec} = await entry.spec()
  const {params, standard} = readCommandLine(spec, words)
  if (standard.help) return (await import('./run-help.ts')).printCommandHelp(spec, surroundings)
  if (standard.on !== undefined) await refuseOtherNode(standard.on, surroundings)
  const invocation: Invocation = {entry, spec, params: checkParams(spec.params, await withGuestNumbers(spec, params, surroundings)), standard}
  switch (spec.kind) {
    case 'read':
    case 'change':
    case 'interactive': return runHere(invocation, surroundings)
    case 'task': return standard.dryRun ? runHere(invocation, surroundings) : (await import('./run-task.ts')).runAsTask(invocation, surroundings)
  }
}

/** Until there is a cluster, the one host that `--on` can name is this one. @throws NotFoundError */
async function refuseOtherNode(wanted: string, {env}: Surroundings): Promise<void> {
  const {nodeName} = await import('../tasks/local-context.ts')
  const own = nodeName(env)
  if (wanted !== own) throw new NotFoundError(`there is no host '${wanted}'; this installation has one, '${own}'`)
}
