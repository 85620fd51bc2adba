// The commands and actions of storages alone, for tests of pvesm without the command line.
import {actionLoaders} from '../../../../src/lib/storage/actions/index.ts'
import {commands} from '../../../../src/lib/storage/commands/index.ts'
import {checkParams} from '../../../../src/lib/spec/validate.ts'
import {actionLoaders as taskActions} from '../../../../src/lib/tasks/actions/index.ts'
import type {Catalog, Context, Outcome} from '../../../../src/lib/tasks/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'

export const storageCatalog: Catalog = {commands, actionLoaders: {...taskActions, ...actionLoaders}}

/** Checks the parameters as every way in does, then runs the command. */
export async function pvesm(command: string, params: Readonly<Record<string, unknown>>, context: Context, options: {readonly dryRun?: boolean} = {}): Promise<Outcome> {
  const entry = commands[`pvesm ${command}`]
  if (entry === undefined) throw new Error(`there is no command pvesm ${command}`)
  const {handler} = await entry.handler()
  return runHandler(handler, checkParams(handler.spec.params, params), context, options)
}

/** The result of a command that was done. */
export async function pvesmResult(command: string, params: Readonly<Record<string, unknown>>, context: Context): Promise<unknown> {
  const outcome = await pvesm(command, params, context)
  return outcome.outcome === 'done' ? outcome.result : outcome
}

/** What a terminal would show of a read command. */
export async function pvesmText(command: string, params: Readonly<Record<string, unknown>>, context: Context): Promise<readonly string[]> {
  const {handler} = await (commands[`pvesm ${command}`] as NonNullable<(typeof commands)[string]>).handler()
  const result = await pvesmResult(command, params, context)
  if (handler.handles === 'change' || handler.text === undefined) return [String(result)]
  return handler.text(result as never)
}
