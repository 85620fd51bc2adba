// One command from its words to its exit code: read the words, check the values, run the handler here or in a task, print the result.
import {NotFoundError} from '../base/index.ts'
import {checkParams} from '../spec/validate.ts'
import {readCommandLine, type StandardOptions} from '../spec/command-line.ts'
import {inputNames} from '../spec/params.ts'
import {specWith} from '../spec/command.ts'
import type {CommandSpec} from '../spec/index.ts'
import type {CatalogEntry} from '../tasks/index.ts'
import {chooseHosts} from './contexts/choose-hosts.ts'
import {withFileValues} from './file-values.ts'
import {namedGuests, withGuestNumbers} from './guest-numbers.ts'
import {runHere} from './run-here.ts'
import type {Surroundings} from './surroundings.ts'

/** A command whose words were read. */
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
  const named = await withFileValues(spec, withContextName(spec, params, surroundings))
  const typed: Invocation = {entry, spec: specWith(spec, named), params: await withInputs(spec, named, standard, surroundings), standard}
  const chosen = spec.runsOn === 'client' ? undefined : await chooseHosts(standard, surroundings.env)
  if (chosen !== undefined) return (await import('./route.ts')).runOnHosts(typed, chosen, surroundings)
  if (standard.on !== undefined) await refuseOtherNode(standard.on, surroundings)
  return runLocally(typed, surroundings)
}

/**
 * Runs a command on this machine.
 * @param typed its parameters are not checked yet
 */
export async function runLocally(typed: Invocation, surroundings: Surroundings): Promise<number> {
  const {spec, params, standard} = typed
  const invocation: Invocation = {...typed, params: checkParams(spec.params, await withGuestNumbers(spec, params, surroundings))}
  switch (spec.kind) {
    case 'read':
    case 'change':
    case 'interactive': return runHere(invocation, surroundings)
    case 'task': return standard.dryRun ? runHere(invocation, surroundings) : (await import('./run-task.ts')).runAsTask(invocation, surroundings)
  }
}

/** A dry run needs none, and asks for none. */
async function withInputs(spec: CommandSpec, params: Readonly<Record<string, unknown>>, {dryRun}: StandardOptions, surroundings: Surroundings): Promise<Readonly<Record<string, unknown>>> {
  if (dryRun || inputNames(spec.params).length === 0) return params
  // Before anything is asked for: most mistakes need no password to be found.
  if (namedGuests(spec, params).length === 0) checkParams(spec.params, params)
  return (await import('./input-values.ts')).withInputValues(spec, params, surroundings)
}

/** CORRAL_CONTEXT stands for `--context` in commands about contexts as well. */
function withContextName({runsOn, params: known}: CommandSpec, params: Readonly<Record<string, unknown>>, {env}: Surroundings): Readonly<Record<string, unknown>> {
  const name = env['CORRAL_CONTEXT']
  const isMeant = runsOn === 'client' && known['context'] !== undefined && params['context'] === undefined && name !== undefined && name !== '' && name !== 'local'
  return isMeant ? {...params, context: name} : params
}

/** Without a context the one host that `--on` can name is this one. @throws NotFoundError */
async function refuseOtherNode(wanted: string, {env}: Surroundings): Promise<void> {
  const {nodeName} = await import('../tasks/local-context.ts')
  const own = nodeName(env)
  if (wanted !== own) throw new NotFoundError(`there is no host '${wanted}'; this installation has one, '${own}'`, {nextSteps: ['Other hosts are reached through a context: man corral-contexts']})
}
