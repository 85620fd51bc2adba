// What is wrong with a result, by the schema that was promised for it. For tests; it loads ajv, within the function: a bundle fetches what its
// modules import at once, also those that are not run.
import {resultSchema} from './generate/result-schema.ts'
import type {ValueSchema} from './schema.ts'

/**
 * @param result in the form in which it is printed
 * @returns sentences, none when it is right; properties that the schema does not name count as well
 */
export async function resultFaults(result: unknown, returns: ValueSchema): Promise<string[]> {
  const {Ajv2020} = await import('ajv/dist/2020.js')
  const validate = new Ajv2020({allErrors: true, allowUnionTypes: true, strict: true}).compile(resultSchema(returns, true))
  if (validate(result)) return []
  const faults = (validate.errors ?? []).map(({instancePath, message = '', params}) => `${instancePath === '' ? 'the result' : instancePath} ${message} ${JSON.stringify(params)}`)
  return [...new Set(faults)]
}
