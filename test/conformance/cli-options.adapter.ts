// Suite cli-options: a schema and the words of a command line to parameters; the usage text of a schema.
import {InvalidInputError} from '../../src/lib/base/index.ts'
import {readParameters, type ReadOptions, type ValueSchema} from '../../src/lib/spec/index.ts'
import {usageText} from '../../src/lib/spec/usage.ts'
import {Refusal, Unsupported, attempt, compareData, isRecord, type Adapter, type Data} from './adapter.ts'
import {isYes, readParams, readSchema, type PveSchema} from './pve-schema.ts'

export const adapter: Adapter = {
  answer(input, env) {
    const schema = schemaOf(input, env)
    const args = (input['arg-params'] ?? []) as string[]
    const fixed = (input['fixed-params'] ?? {}) as Record<string, unknown>
    const hasFormatOptions = isYes(input['format-options'])
    switch (input['do']) {
      case 'usage': return {text: usageText(String(input['prefix']), schema, {args, fixed, hasFormatOptions})}
      case 'parse': return attempt(() => {
        const {params, companions} = readParameters(schema, input['args'] as string[], {
          args, fixed, ...resolveType(input),
          ...(hasFormatOptions ? {companions: readParams(env['format-options'] as PveSchema)} : {}),
        })
        return {params, 'format-options': companions}
      })
      default: throw new Unsupported(`cli-options has no operation '${String(input['do'])}'`)
    }
  },
  differences(answer, expect) {
    if (answer instanceof Refusal) {
      if (expect['error'] !== true) return [`was refused: ${answer.message}`]
      return isRecord(expect['errors']) ? compareData(Object.keys(answer.fields).sort(), Object.keys(expect['errors']).sort(), 'wrong options') : []
    }
    if (expect['error'] === true) return [`was not refused but answered ${JSON.stringify(answer)}`]
    const answered = answer as Data
    return Object.keys(expect).flatMap(key => key === 'text' ? compareText(String(answered[key]), String(expect[key])) : compareData(answered[key], expect[key], key))
  },
}

/** The schema of the case; the options that `mapped` names take the path of a file. */
function schemaOf(input: Data, env: Data): ValueSchema {
  const schema = readSchema((env['schemas'] as Record<string, PveSchema>)[String(input['schema'])] ?? {})
  const mapped = ((input['mapped'] ?? []) as {name: string; placeholder?: string}[])
  const properties = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, value]) => {
    const mapping = mapped.find(entry => entry.name === name)
    if (mapping === undefined) return [name, value]
    return [name, {...value, fromFile: true, ...(mapping.placeholder === undefined ? {} : {placeholder: mapping.placeholder.replace(/^<(.*)>$/, '$1')})}]
  }))
  return schema.properties === undefined ? schema : {...schema, properties}
}

/** What stands for looking an existing object up to learn its type. */
function resolveType(input: Data): Pick<ReadOptions, 'resolveType'> {
  const rule = input['resolve-type'] as {property: string; types: Record<string, string>; errors?: Record<string, string>} | undefined
  if (rule === undefined) return {}
  return {
    resolveType: (_, params) => {
      const key = String(params[rule.property])
      const failure = rule.errors?.[key]
      if (failure !== undefined) throw new InvalidInputError(failure)
      return rule.types[key]
    },
  }
}

function compareText(actual: string, expected: string): string[] {
  return actual === expected ? [] : [`is ${JSON.stringify(actual)}`, `expected ${JSON.stringify(expected)}`]
}
