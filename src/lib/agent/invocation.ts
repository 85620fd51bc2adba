// A command as a client asks for it, checked on the host as if it had been typed here: the catalog's commands only, their parameters by
// the same spec, whatever the client has checked itself.
import {InvalidInputError, NotFoundError, UnsupportedError} from '../base/index.ts'
import {isObject, wrongCall} from '../host/protocol/index.ts'
import {checkParams} from '../spec/validate.ts'
import {specWith} from '../spec/command.ts'
import type {CommandSpec} from '../spec/index.ts'
import type {Catalog, CatalogEntry} from '../tasks/index.ts'

export interface CheckedInvocation {
  readonly entry: CatalogEntry
  readonly spec: CommandSpec
  readonly params: Readonly<Record<string, unknown>>
  readonly dryRun: boolean
  /** Those variables that the spec names. */
  readonly environment: Readonly<Record<string, string>>
}

const maxVariableChars = 4096

/**
 * @param method what was called, for messages
 * @throws InvalidInputError, NotFoundError (no such command), UnsupportedError (a command of the user's own machine)
 */
export async function checkInvocation(method: string, given: unknown, catalog: Catalog): Promise<CheckedInvocation> {
  if (!isObject(given)) throw wrongCall(method, 'an object with command, params and dryRun is needed')
  const {command, params = {}, dryRun = false, environment = {}} = given
  if (typeof command !== 'string' || !isObject(params) || !isObject(environment) || typeof dryRun !== 'boolean') throw wrongCall(method, 'command, params or dryRun is missing or wrong')
  const entry = Object.hasOwn(catalog.commands, command) ? catalog.commands[command] : undefined
  if (entry === undefined) {
    throw new NotFoundError(`the agent does not know the command '${command.slice(0, 80)}'`, {nextSteps: ['Its version may be older than yours: corral host check']})
  }
  const {spec} = await entry.spec()
  if (spec.runsOn === 'client') throw new UnsupportedError(`${spec.id} runs on the machine of its user, not on a host`)
  const fixed = Object.entries(spec.fixed ?? {}).find(([name, value]) => params[name] !== undefined && params[name] !== value)
  if (fixed !== undefined) throw new InvalidInputError(`${spec.id} does not take ${fixed[0]}`, {[fixed[0]]: 'is set by the command itself'})
  const checked = checkParams(spec.params, {...params, ...spec.fixed})
  return {entry, spec: specWith(spec, checked), params: checked, dryRun, environment: checkedEnvironment(spec, environment)}
}

/** @throws InvalidInputError for a variable that the command does not look at */
function checkedEnvironment({id, environment = []}: CommandSpec, given: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => {
    const isKnown = environment.some((variable) => variable.name === name)
    if (!isKnown || typeof value !== 'string' || value.length > maxVariableChars) throw new InvalidInputError(`${id} does not take this variable of the environment`, {environment: 'holds a variable that is not known'})
    return [name, value] as const
  }))
}
