// The check of parameters: what is read as what, what is refused, and in which words.
import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../src/lib/base/index.ts'
import {checkParams, checkValue, inspectObject, inspectParams, type Params, type ValueSchema} from '../../../src/lib/spec/index.ts'
import {cpuTimeMs} from '../../support/cpu-time.ts'
import {randomText} from '../../support/hostile-text.ts'
import {randomSource, scaledCount} from '../../support/rounds.ts'

const params: Params = {
  vmid: {type: 'integer', minimum: 100, maximum: 999_999_999, format: 'pve-vmid'},
  'net[n]': {type: 'string', optional: true, index: {min: 0, max: 3}, format: {
    model: {type: 'string', enum: ['virtio', 'e1000'], defaultKey: true}, mtu: {type: 'integer', minimum: 1, maximum: 65520, optional: true},
  }},
  force: {type: 'boolean', optional: true},
  cores: {type: 'integer', minimum: 1, default: 1},
  rate: {type: 'number', optional: true},
  name: {type: 'string', format: 'dns-name', maxLength: 20, optional: true},
  description: {type: 'string', multiLine: true, maxLength: 8192, optional: true},
  bios: {type: 'string', enum: ['seabios', 'ovmf'], optional: true},
  digest: {type: 'string', pattern: '[0-9a-f]*', optional: true},
  nodes: {type: 'string', format: 'pve-node-list', optional: true},
  scripts: {type: 'array', items: {type: 'integer', minimum: 3}, optional: true},
  password: {type: 'string', minLength: 5, secret: true, optional: true},
  host: {type: 'string', requires: 'name', optional: true},
  cdrom: {alias: 'bios'},
}

function fieldsOf(input: Readonly<Record<string, unknown>>, schema: Params = params): Readonly<Record<string, string>> {
  return inspectParams(schema, input).fields
}

describe('checkParams', () => {
  it('reads words as the types of the schema and leaves property strings as they were written', () => {
    expect(checkParams(params, {vmid: '100', net0: 'virtio,mtu=1400', force: 'on', cores: '4', rate: '-1.5', name: undefined, bios: null, scripts: ['3', '4']}))
      .toEqual({vmid: 100, net0: 'virtio,mtu=1400', force: true, cores: 4, rate: -1.5, scripts: [3, 4]})
  })

  it('takes the words of Proxmox VE for yes and no, in any case, and nothing else', () => {
    for (const word of ['1', 'yes', 'on', 'true', 'YES', 'On', 1, true]) expect(checkParams(params, {vmid: 100, force: word})['force']).toBe(true)
    for (const word of ['0', 'no', 'off', 'false', 'No', 0, false]) expect(checkParams(params, {vmid: 100, force: word})['force']).toBe(false)
    for (const word of ['', '2', 'y', 'ja', ' 1', 2, -1, [], {}]) expect(fieldsOf({vmid: 100, force: word})['force']).toContain('must be 1 or 0')
  })

  it.each(['1e9', '0x10', '1_000', '010', '00', '9007199254740993', '1e400', 'NaN', 'Infinity', '-', '+', '', ' 1', '1 ', '1\n', '1.0', '0b1', '٣', NaN, Infinity, 1.5, 2 ** 53])(
    'refuses %j for a whole number', value => {
      expect(fieldsOf({vmid: 100, cores: value})['cores']).toMatch(/whole number|must be at|must lie/)
    })

  it.each(['1e9', '0x10', '1_000', '01.5', '1.', '.5', 'NaN', 'Infinity', '', '1,5', '99999999999999999999', NaN, Infinity])('refuses %j for a number', value => {
    expect(fieldsOf({vmid: 100, rate: value})).toHaveProperty('rate')
  })

  it.each([[99, '99'], [1_000_000_000, '1000000000'], ['-100', '-100']])('says which numbers of guests there are (%j)', (value, shown) => {
    expect(fieldsOf({vmid: value})).toEqual({vmid: `must be between 100 and 999999999, not '${shown}'`})
  })

  it('names every wrong field, each with what would be right', () => {
    expect(fieldsOf({name: 'a b', bios: 'ovfm', digest: 'xyz', net1: 'virtio,mtu=99999', net9: 'virtio', nam: 'x', scripts: ['3', '1'], host: 'h'})).toEqual({
      vmid: 'is required',
      name: "must be a DNS name such as web1.example.com, not 'a b'",
      bios: "must be one of seabios, ovmf, not 'ovfm'; did you mean 'ovmf'?",
      digest: "must match [0-9a-f]*, not 'xyz'",
      'net1.mtu': "must be between 1 and 65520, not '99999'",
      net9: 'there is no such option; the number behind net goes from 0 to 3',
      nam: "there is no such option; did you mean 'name'?",
      'scripts[1]': "must be at least 3, not '1'",
    })
    expect(fieldsOf({vmid: 100, host: 'h'})).toEqual({name: "is required when 'host' is given"})
    expect(fieldsOf({vmid: 100, name: 'x'.repeat(21)})).toEqual({name: 'must have at most 20 characters, not 21'})
    expect(fieldsOf({vmid: 100, net0: 'virtual'})['net0.model']).toContain('must be one of virtio, e1000')
    expect(fieldsOf({vmid: 100, nodes: 'h1,-x'})['nodes']).toContain('a list in which each item is a host name')
  })

  it.each(['a\nb', 'a\r', 'a\0b', '\u001b[2J', '\u007f', 'a\u0085b', 'a\u2028b', 'tab\there'])('refuses control characters in a line (%j)', value => {
    const schema: Params = {text: {type: 'string'}}
    const reason = fieldsOf({text: value}, schema)['text'] ?? ''
    expect(reason).toContain('must not contain line breaks or other control characters')
    expect(reason).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028]/)
  })

  it('takes line breaks where the schema has several lines, but nothing that a terminal obeys', () => {
    expect(checkParams(params, {vmid: 100, description: 'a\r\nb\tc'})['description']).toBe('a\r\nb\tc')
    expect(fieldsOf({vmid: 100, description: 'a\u001b]52;'})['description']).toContain('control characters other than line breaks')
    expect(fieldsOf({vmid: 100, description: '\0'})).toHaveProperty('description')
  })

  it('never repeats a secret', () => {
    const {fields} = inspectParams(params, {vmid: 100, password: 'abc1'})
    expect(fields['password']).toContain('at least 5 characters')
    expect(JSON.stringify(fields)).not.toContain('abc1')
    expect(JSON.stringify(fieldsOf({vmid: 100, password: ['abc1']}))).not.toContain('abc1')
  })

  it('moves an alias to its target, and refuses both', () => {
    expect(checkParams(params, {vmid: 100, cdrom: 'ovmf'})).toEqual({vmid: 100, bios: 'ovmf'})
    expect(fieldsOf({vmid: 100, cdrom: 'ovmf', bios: 'seabios'})).toEqual({cdrom: "cannot be given together with 'bios', which it is another name for"})
  })

  it('treats __proto__ and constructor as unknown names', () => {
    expect(Object.keys(fieldsOf(JSON.parse('{"vmid":100,"__proto__":{"x":1},"constructor":1}') as Record<string, unknown>)).sort()).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('refuses numbers of a family that are written oddly', () => {
    for (const name of ['net007', 'net00', 'net-1', 'net', 'net[n]', 'net1e0']) expect(Object.keys(fieldsOf({vmid: 100, [name]: 'virtio'})), name).toEqual([name])
  })

  it('does not change what it was given, and lets unknown names through where asked', () => {
    const input = Object.freeze({vmid: '100', other: 'x'})
    expect(checkParams(params, input, {allowUnknown: true})).toEqual({vmid: 100, other: 'x'})
    expect(input.vmid).toBe('100')
  })

  it('splits the text of a list, and joins a list for a text', () => {
    expect(checkParams({a: {type: 'array', items: {type: 'string'}}}, {a: 'x,y z'})).toEqual({a: ['x', 'y', 'z']})
    expect(checkParams({a: {type: 'array', items: {type: 'string'}}}, {a: 'x\0y'})).toEqual({a: ['x', 'y']})
    expect(checkParams({a: {type: 'string', format: 'pve-node-list'}}, {a: ['h1', 'h2']})).toEqual({a: 'h1,h2'})
    expect(checkParams({a: {type: 'string'}}, {a: 5})).toEqual({a: '5'})
    expect(fieldsOf({a: ['x']}, {a: {type: 'string'}})).toEqual({a: 'must be a text'})
  })

  it('throws one error with a reason for every field', () => {
    const error = (() => { try { checkParams(params, {cores: 0}); return undefined } catch (thrown) { return thrown } })()
    expect(error).toBeInstanceOf(InvalidInputError)
    expect((error as InvalidInputError).fields).toEqual({vmid: 'is required', cores: "must be at least 1, not '0'"})
    expect((error as InvalidInputError).message).toContain('vmid: is required')
  })

  it('is quick on anything, and only refuses', () => {
    const random = randomSource('parameters')
    const startedAt = cpuTimeMs()
    for (let round = 0; round < scaledCount(300); round++) {
      const input = Object.fromEntries(Object.keys(params).map(name => [name.replace('[n]', '0'), randomText(random, 80)]))
      expect(inspectParams(params, {...input, [randomText(random, 20)]: 1}).fields).not.toEqual({})
    }
    expect(cpuTimeMs() - startedAt).toBeLessThan(scaledCount(300) * 30)
  })
})

describe('checkValue', () => {
  it('checks one value under its name', () => {
    expect(checkValue({type: 'integer', minimum: 1}, '5', 'cores')).toBe(5)
    expect(() => checkValue({type: 'integer', minimum: 1}, '0', 'cores')).toThrow("cores: must be at least 1, not '0'")
    expect(() => checkValue({type: 'string', format: 'no-such-format'}, 'x', 'a')).toThrow('no-such-format')
  })
})

describe('parameters tied to types', () => {
  const tied: Params = {
    type: {type: 'string', enum: ['dir', 'nfs']},
    path: {type: 'string', typeProperty: 'type', instanceTypes: ['dir']},
    server: {type: 'string', typeProperty: 'type', instanceTypes: ['nfs']},
  }

  it('exist for their types only', () => {
    expect(checkParams(tied, {type: 'dir', path: '/a'})).toEqual({type: 'dir', path: '/a'})
    expect(fieldsOf({type: 'nfs', path: '/a'}, tied)).toEqual({path: "is only for type dir, not for 'nfs'", server: 'is required'})
    expect(fieldsOf({path: '/a'}, tied)).toEqual({path: 'is only for type dir, and no type is given', type: 'is required'})
  })
})

describe('inspectObject', () => {
  const schema: ValueSchema = {
    allOf: [
      {additionalProperties: false, properties: {first: {type: 'string'}}},
      {
        typeProperty: 'type', typePropertySchema: {type: 'string', enum: ['one', 'two']},
        oneOf: [
          {additionalProperties: false, instanceTypes: ['one'], properties: {value: {type: 'integer'}}},
          {additionalProperties: false, instanceTypes: ['two'], properties: {value: {type: 'boolean', optional: true}}},
        ],
      },
    ],
  }

  it('checks by the variant that the type picks', () => {
    expect(inspectObject(schema, {first: 'a', type: 'one', value: '5'})).toMatchObject({fields: {}, values: {first: 'a', type: 'one', value: 5}})
    expect(inspectObject(schema, {first: 'a', type: 'two', value: 'yes'})).toMatchObject({fields: {}, values: {value: true}})
    expect(inspectObject(schema, {first: 'a', type: 'one', value: 'yes'}).fields).toHaveProperty('value')
    expect(inspectObject(schema, {first: 'a', type: 'three'}).fields['type']).toContain('one of one, two')
    expect(inspectObject(schema, {type: 'two'}).fields).toEqual({first: 'is required'})
  })

  it('lets unknown names through when a part does', () => {
    const open: ValueSchema = {allOf: [{additionalProperties: true, properties: {}}, {additionalProperties: false, properties: {a: {type: 'string'}}}]}
    expect(inspectObject(open, {a: 'x', b: 'y'})).toMatchObject({fields: {}, values: {a: 'x', b: 'y'}})
  })

  it('refuses a schema without end', () => {
    const parts: ValueSchema[] = []
    const endless: ValueSchema = {allOf: parts}
    parts.push(endless)
    expect(() => inspectObject(endless, {})).toThrow('nested too deeply')
  })
})
