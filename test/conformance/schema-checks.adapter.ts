// Suite schema-checks: values against schemas with aliases, parts and variants; property strings.
import {inspectObject, parsePropertyString, readAs} from '../../src/lib/spec/index.ts'
import {Refusal, Unsupported, attempt, compareData, isRecord, type Adapter, type Data} from './adapter.ts'
import {readParams, readSchema, type PveSchema} from './pve-schema.ts'

interface Checked {
  /** The value afterwards. */
  readonly value: unknown
  /** Reasons by the path of the property, in the suite's way to write paths. */
  readonly errors: Readonly<Record<string, string>>
}

export const adapter: Adapter = {
  answer(input, env) {
    const schema = (env['schemas'] as Record<string, PveSchema>)[String(input['schema'])] ?? {}
    switch (input['do']) {
      case 'property-string': return attempt(() => parsePropertyString(String(input['text']), readParams(schema)))
      case 'check': return check(schema, input['value'])
      default: throw new Unsupported(`schema-checks has no operation '${String(input['do'])}'`)
    }
  },
  differences(answer, expect, input) {
    if (input['do'] === 'check') return checkedDifferences(answer as Checked, expect)
    if (answer instanceof Refusal) return expect['error'] === true ? [] : [`was refused: ${answer.message}`]
    return expect['error'] === true ? [`was not refused but answered ${JSON.stringify(answer)}`] : compareData(answer, expect['value'])
  },
}

function check(schema: PveSchema, value: unknown): Checked {
  const read = readSchema(schema)
  if (!isRecord(value)) return {value: readAs(read, value), errors: {}}
  const {values, fields, flat} = inspectObject(read, value)
  const path = (field: string) => {
    const name = field.replace(/[.[].*$/, '')
    const branch = flat.params[name] === undefined ? flat.innermost : flat.branches[name] ?? []
    return [...branch.map(type => `oneOf[${type}]`), field].join('.')
  }
  const errors = Object.fromEntries(Object.entries(fields).map(([field, reason]) => [path(field), reason]))
  // A value that is refused is left as it is.
  return {value: Object.keys(errors).length === 0 ? values : value, errors}
}

function checkedDifferences({value, errors}: Checked, expect: Data): string[] {
  const wrong = Object.keys(errors).sort()
  const right = expectedPaths(expect)
  const paths = JSON.stringify(wrong) === JSON.stringify(right) ? [] : [`wrong are ${JSON.stringify(errors)}, expected ${JSON.stringify(right)}`]
  return expect['value'] === undefined ? paths : [...paths, ...compareData(value, expect['value'])]
}

/** Which properties are wrong; our words for the reasons are our own. `errors-match` has a line `property: message` for each. */
function expectedPaths(expect: Data): string[] {
  if (isRecord(expect['errors'])) return Object.keys(expect['errors']).sort()
  if (expect['errors-match'] === undefined) return []
  return (expect['errors-match'] as string).split(/\n|\\n/).map(line => line.replace(/^\^/, '').replace(/:.*$/s, '').replaceAll('\\', '')).filter(Boolean).sort()
}
