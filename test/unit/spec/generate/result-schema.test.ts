import {describe, expect, test} from 'vitest'
import {catalog} from '../../../../src/lib/catalog.ts'
import {checkResult} from '../../../../src/lib/cli/check-result.ts'
import {resultSchema} from '../../../../src/lib/spec/generate/result-schema.ts'
import type {ValueSchema} from '../../../../src/lib/spec/index.ts'

/** Where a schema promises nothing: an object without properties, a list without items. */
function gaps(schema: ValueSchema, path: string): string[] {
  switch (schema.type) {
    case 'object': {
      const named = Object.entries(schema.properties ?? {})
      const isOpen = schema.additionalProperties !== undefined
      return [...(named.length === 0 && !isOpen ? [`${path}: an object of what?`] : []), ...named.flatMap(([name, inner]) => gaps(inner, `${path}.${name}`))]
    }
    case 'array': return schema.items === undefined ? [`${path}: a list of what?`] : gaps(schema.items, `${path}[]`)
    default: return []
  }
}

describe('what commands return', () => {
  test.each(Object.keys(catalog.commands))('%s says what', async (id) => {
    const {spec} = await catalog.commands[id]?.spec() ?? {}
    if (spec === undefined) throw new Error(`no spec for ${id}`)
    expect(gaps(spec.returns, id)).toEqual([])
  })

  test('in the form in which it is printed', () => {
    const schema: ValueSchema = {type: 'object', optional: true, properties: {is: {type: 'boolean'}, many: {type: 'array', optional: true, items: {type: 'integer'}}}}
    expect(resultSchema(schema)).toEqual({
      type: ['object', 'null'], required: ['is'],
      properties: {is: {type: 'integer', enum: [0, 1]}, many: {type: 'array', items: {type: 'integer'}}},
    })
  })

  const returns: ValueSchema = {type: 'array', items: {type: 'object', properties: {name: {type: 'string'}, is: {type: 'boolean', optional: true}}}}
  test.each([[[{name: 'a', is: true}]], [[]]])('%j is what was promised', async (result) => {
    await expect(checkResult(result, {id: 'x', returns})).resolves.toBeUndefined()
  })

  test.each([
    [[{name: 1}], '/0/name must be string'], [[{}], "/0 must have required property 'name'"], [[{name: 'a', more: 1}], '/0 must NOT have additional properties'],
    [undefined, 'the result must be array'],
  ])('%j is not', async (result, reason) => {
    await expect(checkResult(result, {id: 'x', returns})).rejects.toThrow(reason)
  })
})
