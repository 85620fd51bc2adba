// Whether a result is what its spec promises to programs. Tests have every result checked that a command prints, by the variable
// CORRAL_TEST_CHECK_RESULTS in its environment; nobody else pays for that.
import {AppError} from '../base/index.ts'
import {resultSchema} from '../spec/generate/result-schema.ts'
import type {CommandSpec} from '../spec/index.ts'
import {canonical} from './render/data.ts'

/** @throws AppError (internal) that names what differs; properties that the spec does not name count as well */
export async function checkResult(result: unknown, spec: Pick<CommandSpec, 'id' | 'returns'>): Promise<void> {
  const {Ajv2020} = await import('ajv/dist/2020.js')
  const validate = new Ajv2020({allErrors: true, allowUnionTypes: true, strict: true}).compile(resultSchema(spec.returns, true))
  if (validate(canonical(result) ?? null)) return
  const faults = (validate.errors ?? []).map(({instancePath, message = '', params}) => `${instancePath === '' ? 'the result' : instancePath} ${message} ${JSON.stringify(params)}`)
  throw new AppError('internal', `${spec.id} gave a result that its spec does not promise: ${[...new Set(faults)].slice(0, 8).join('; ')}`)
}
