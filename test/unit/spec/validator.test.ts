// Validators compiled ahead say the same as ajv does when it compiles at run time, and are named so that none that is out of date is used.
import {createRequire} from 'node:module'
import vm from 'node:vm'
import type * as ajvModule from 'ajv'
import type {ValidateFunction} from 'ajv'
import {describe, expect, it} from 'vitest'
import {checkFormat} from '../../../src/lib/spec/formats.ts'
import {paramsToJsonSchema} from '../../../src/lib/spec/json-schema.ts'
import {newAjv, paramsValidator, validatorName} from '../../../src/lib/spec/validator.ts'
import {qemuConfigParams} from '../../../src/lib/guest/qemu/config/index.ts'
import type {Params} from '../../../src/lib/spec/index.ts'
import {pick, randomText} from '../../support/hostile-text.ts'
import {randomSource, scaledCount} from '../../support/rounds.ts'

const require = createRequire(import.meta.url)
const {_} = require('ajv') as typeof ajvModule
const standaloneCode = (require('ajv/dist/standalone') as {default: (ajv: unknown, validate: unknown) => string}).default

/** What scripts/compile-validators.mjs writes, loaded as validator.ts loads it. */
function compileAhead(params: Params): ValidateFunction {
  const ajv = newAjv({code: {source: true, formats: _`formats`}})
  const code = standaloneCode(ajv, ajv.compile(paramsToJsonSchema(params, false)))
  const formats = new Proxy({}, {get: (_target, name) => ({type: 'string', validate: (value: string) => checkFormat(String(name), value) === undefined})})
  const make = vm.compileFunction(`const module = {};\n${code}\nreturn module.exports`, ['formats', 'require']) as (formats: object, load: NodeJS.Require) => ValidateFunction
  return make(formats, require)
}

const params: Params = {
  vmid: {type: 'integer', minimum: 100, maximum: 999_999_999},
  name: {type: 'string', format: 'dns-name', minLength: 2, maxLength: 20, optional: true},
  nodes: {type: 'string', format: 'pve-node-list', optional: true},
  mode: {type: 'string', enum: ['a', 'b'], optional: true},
  list: {type: 'array', items: {type: 'string', pattern: '[a-z]+'}, optional: true},
  rate: {type: 'number', requires: 'name', optional: true},
  'net[n]': {type: 'string', optional: true, index: {min: 0, max: 31}},
}

describe('compiled validators', () => {
  it('find the same errors as ajv', () => {
    const ahead = compileAhead(params)
    const now = paramsValidator(params, false)
    const random = randomSource('validators')
    const values = [100, 99, 1.5, '100', 'h1', 'h1,h2', 'a', 'a b', '', true, ['abc'], ['1'], null, 'x'.repeat(30)]
    for (let round = 0; round < scaledCount(300); round++) {
      const names = ['vmid', 'name', 'nodes', 'mode', 'list', 'rate', 'net0', 'net32', 'nope'].filter(() => random.next() < 0.5)
      const input = Object.fromEntries(names.map(name => [name, random.next() < 0.2 ? randomText(random, 20) : pick(random, values)]))
      const errors = ahead(input) ? [] : ahead.errors ?? []
      const shape = ({instancePath, keyword, params: details}: {instancePath: string; keyword: string; params: unknown}) => ({instancePath, keyword, details})
      expect(errors.map(shape)).toEqual(now(input).map(shape))
    }
  })

  it('are named by all of the parameters', () => {
    const name = validatorName(params, false)
    expect(validatorName(structuredClone(params), false)).toBe(name)
    expect(validatorName(params, true)).not.toBe(name)
    expect(validatorName({...params, vmid: {...params['vmid'], minimum: 101}}, false)).not.toBe(name)
    expect(name).toMatch(/^[0-9a-f]{32}$/)
  })

  it('can be made of every key of qm.conf', () => {
    expect(compileAhead(qemuConfigParams)({})).toBe(true)
  })
})
