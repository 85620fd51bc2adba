// Whether a result is what its spec promises to programs. Tests have every result checked that a command prints, by the variable
// CORRAL_TEST_CHECK_RESULTS in its environment; nobody else pays for that.
import {AppError} from '../base/index.ts'
import type {CommandSpec} from '../spec/index.ts'
import {canonical} from './render/data.ts'

/** @throws AppError (internal) that names what differs */
export async function checkResult(result: unknown, {id, returns}: Pick<CommandSpec, 'id' | 'returns'>): Promise<void> {
  const {resultFaults} = await import('../spec/result-faults.ts')
  const faults = await resultFaults(canonical(result) ?? null, returns)
  if (faults.length > 0) throw new AppError('internal', `${id} gave a result that its spec does not promise: ${faults.slice(0, 8).join('; ')}`)
}
