// The command line in the forms of Proxmox VE's tools.
import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../src/lib/base/index.ts'
import {checkParams, defineCommand, readCommandLine, readParameters, type CommandSpec, type ValueSchema} from '../../../src/lib/spec/index.ts'
import {cpuTimeMs} from '../../support/cpu-time.ts'
import {pick, randomText} from '../../support/hostile-text.ts'
import {randomSource, scaledCount} from '../../support/rounds.ts'

const spec = defineCommand({
  id: 'qm set', summary: 'Change a machine.', kind: 'change', runsOn: 'guest-node', needs: 'root', returns: {}, output: {as: 'none'}, examples: [],
  args: ['vmid'], fixed: {node: 'h1'},
  params: {
    vmid: {type: 'integer', minimum: 100},
    node: {type: 'string'},
    memory: {type: 'integer', optional: true},
    machine: {type: 'string', optional: true},
    force: {type: 'boolean', optional: true},
    tags: {type: 'string', format: 'pve-tag-list', optional: true},
    script: {type: 'array', items: {type: 'string'}, optional: true},
    'net[n]': {type: 'string', optional: true, index: {min: 0, max: 31}},
    disk: {alias: 'memory', optional: true},
  },
})

const read = (...words: string[]) => readCommandLine(spec, words).params
const standard = (...words: string[]) => readCommandLine(spec, words).standard

function refusal(words: readonly string[], command: CommandSpec = spec): InvalidInputError {
  try {
    readCommandLine(command, words)
  } catch (error) {
    if (error instanceof InvalidInputError) return error
    throw error
  }
  throw new Error(`${words.join(' ')} was not refused`)
}

describe('options', () => {
  it.each([
    [['100', '--memory', '512']], [['100', '-memory', '512']], [['--memory=512', '100']], [['-memory=512', '100']], [['100', '--MEMORY', '512']],
    [['100', '--mem', '512']], [['100', '--memory', '1', '--memory', '512']], [['--memory', '512', '--', '100']],
  ])('%j', words => expect(read(...words)).toEqual({node: 'h1', vmid: '100', memory: '512'}))

  it('switch flags on alone, and by any word for yes and no', () => {
    expect(read('100', '--force')['force']).toBe(true)
    expect(read('--force', '1', '100')).toMatchObject({force: true, vmid: '100'})
    expect(read('100', '--force=off')['force']).toBe(false)
    expect(read('100', '--force=')['force']).toBe(true)
    expect(read('100', '--force', '--memory', '5')).toMatchObject({force: true, memory: '5'})
    expect(read('100', '--force', 'NO')['force']).toBe(false)
  })

  it('say that a flag took the word behind it', () => {
    expect(refusal(['--force', '100']).message).toBe("option --force takes 1 or 0, not '100'; an argument cannot stand directly behind it")
    expect(refusal(['--force', '100']).fields).toHaveProperty('force')
  })

  it('take a value that begins with a dash, as Getopt::Long does', () => {
    expect(read('100', '--machine', '-5')['machine']).toBe('-5')
    expect(read('100', '--machine', '--memory')['machine']).toBe('--memory')
    expect(read('100', '--machine', '--')['machine']).toBe('--')
    expect(read('100', '--machine=--x=y')['machine']).toBe('--x=y')
    expect(read('100', '--machine', '')['machine']).toBe('')
  })

  it('of numbered families are told apart', () => {
    expect(read('100', '--net0', 'a', '--net31', 'b')).toMatchObject({net0: 'a', net31: 'b'})
    expect(refusal(['100', '--net32', 'a']).message).toContain("no option '--net32'")
    expect(refusal(['100', '--net', 'a']).message).toContain('is ambiguous: --net0, --net1')
  })

  it('that are lists may repeat', () => {
    expect(read('100', '--tags', 'a', '--tags', 'b,c')['tags']).toBe('a,b,c')
    expect(read('100', '--script', 'a b', '--script', 'c')['script']).toEqual(['a b', 'c'])
  })

  it('go on to the check as words', () => {
    expect(checkParams(spec.params, read('100', '--disk', '512', '--force'))).toEqual({node: 'h1', vmid: 100, memory: 512, force: true})
  })
})

describe('refusals', () => {
  it.each([
    [['100', '--memry', '5'], "there is no option '--memry'; did you mean '--memory'?"],
    [['100', '--frobnicate'], "there is no option '--frobnicate'"],
    [['100', '--m', '5'], "option '--m' is ambiguous: --memory, --machine"],
    [['100', '--memory'], 'option --memory needs a value'],
    [['100', '--memory='], "option --memory needs a value behind the '=' of '--memory='"],
    [[], "'qm set' needs <vmid>"],
    [['100', '101', '102'], "too many arguments: '101' '102'; it takes <vmid>"],
    [['-5'], "there is no option '--5'"],
    [['100', '--node', 'h2'], "there is no option '--node'"],
    [['100', '--output-format', 'xml'], "option --output-format must be one of text, json, json-pretty, yaml, not 'xml'"],
    [['100', '--on', '../x'], "option --on must be a host name of letters, digits and - (at most 63), not '../x'"],
    [['100', '--=5'], "there is no option '--=5'"],
  ])('%j', (words, message) => expect(refusal(words).message).toContain(message))

  it('name the fields and the way to help', () => {
    expect(refusal([])).toMatchObject({fields: {vmid: 'is required'}, nextSteps: ["see 'qm set --help'"]})
  })

  it('show nothing that a terminal would obey', () => {
    for (const words of [['100', '--\u001b]0;x\u0007'], ['100', '\u001b[2J'], ['--force', '\u202e']]) expect(refusal(words).message).not.toMatch(/[\u0000-\u001f\u202e]/)
  })
})

describe('arguments', () => {
  const exec: CommandSpec = {...spec, id: 'qm guest exec', args: ['vmid', 'extra-args'], params: {...spec.params, 'extra-args': {type: 'array', items: {type: 'string'}, optional: true}}}
  const dump: CommandSpec = {...spec, id: 'vzdump', args: ['vms'], fixed: {}, params: {vms: {type: 'string', format: 'pve-vmid-list', optional: true}}}

  it('may stand anywhere, and behind -- they may look like options', () => {
    expect(read('--force', '--memory', '5', '100')).toMatchObject({vmid: '100', force: true})
    expect(read('--', '--100')['vmid']).toBe('--100')
    expect(read('-')['vmid']).toBe('-')
  })

  it('that take all that is left', () => {
    expect(readCommandLine(exec, ['100', '--', 'ls', '-l', '--']).params['extra-args']).toEqual(['ls', '-l', '--'])
    expect(readCommandLine(exec, ['100']).params).toEqual({node: 'h1', vmid: '100'})
    expect(readCommandLine(dump, ['100', '101']).params).toEqual({vms: '100,101'})
    expect(readCommandLine(dump, []).params).toEqual({})
  })
})

describe('standard options', () => {
  it('have defaults', () => {
    expect(standard('100')).toEqual({outputFormat: 'text', quiet: false, noheader: false, noborder: false, humanReadable: true, dryRun: false, async: false, help: false})
  })

  it('are read along', () => {
    expect(standard('100', '--output-format', 'json', '--quiet', '--noheader', '1', '--noborder', '--human-readable', '0', '--dry-run', '--on', 'h2'))
      .toEqual({outputFormat: 'json', quiet: true, noheader: true, noborder: true, humanReadable: false, dryRun: true, async: false, on: 'h2', help: false})
  })

  it('exist only where they mean something', () => {
    expect(refusal(['100', '--async']).message).toContain("no option '--async'")
    expect(readCommandLine({...spec, kind: 'task'}, ['100', '--async']).standard.async).toBe(true)
    expect(refusal(['100', '--dry-run'], {...spec, kind: 'read'}).message).toContain("no option '--dry-run'")
    expect(refusal(['100', '--on', 'h2'], {...spec, runsOn: 'client'}).message).toContain("no option '--on'")
  })

  it('give way to parameters of the same name, and to abbreviations of parameters', () => {
    const own: CommandSpec = {...spec, params: {...spec.params, quiet: {type: 'string', optional: true}}}
    expect(readCommandLine(own, ['100', '--quiet', 'very'])).toMatchObject({params: {quiet: 'very'}, standard: {quiet: false}})
    expect(read('100', '--f')['force']).toBe(true)
  })

  it('--help needs no arguments', () => {
    for (const word of ['--help', '-help', '-h', '-?', '--hel']) expect(standard(word).help, word).toBe(true)
    expect(read('100', '--machine', '-h')['machine']).toBe('-h')
    expect(readCommandLine(spec, ['--help', '--force']).params).toMatchObject({force: true})
  })
})

describe('readParameters', () => {
  const schema: ValueSchema = {
    typeProperty: 'type', typePropertySchema: {type: 'string', enum: ['one', 'two']},
    oneOf: [
      {additionalProperties: false, instanceTypes: ['one'], properties: {values: {type: 'array', items: {type: 'string'}, optional: true}, only: {type: 'string', optional: true}}},
      {additionalProperties: false, instanceTypes: ['two'], properties: {values: {type: 'string'}}},
    ],
  }
  const parse = (...words: string[]) => readParameters(schema, words, {args: []}).params

  it('reads a list or a single value as the type says', () => {
    expect(parse('--values', 'a', '--type', 'one')).toEqual({type: 'one', values: ['a']})
    expect(parse('--values', 'a', '--type', 'two')).toEqual({type: 'two', values: 'a'})
    expect(() => parse('--values', 'a', '--values', 'b', '--type', 'two')).toThrow('--values takes one value here')
  })

  it('refuses a missing type, one that does not exist, and options of another', () => {
    expect(() => parse('--values', 'a')).toThrow('--type is required')
    expect(() => parse('--type', 'three')).toThrow("--type must be one of one, two, not 'three'")
    expect(() => parse('--type', 'two', '--only', 'x')).toThrow("--only is only for type one, not for 'two'")
  })

  it('tells the outermost type that leads elsewhere', () => {
    const inner: ValueSchema = {typeProperty: 'kind', typePropertySchema: {enum: ['a'], optional: true}, oneOf: [{instanceTypes: ['a'], properties: {deep: {type: 'string'}}}], optional: true}
    const nested: ValueSchema = {typeProperty: 'type', typePropertySchema: {enum: ['one', 'two']}, oneOf: [{instanceTypes: ['one'], properties: {}}, {instanceTypes: ['two'], allOf: [inner]}]}
    const ask = (...words: string[]) => () => readParameters(nested, words, {args: []}).params
    expect(ask('--type', 'two', '--kind', 'a', '--deep', 'x')()).toEqual({type: 'two', kind: 'a', deep: 'x'})
    expect(ask('--type', 'one', '--deep', 'x')).toThrow("--deep is only for type two, not for 'one'")
    expect(ask('--type', 'two', '--deep', 'x')).toThrow('--deep is only for kind a, and no kind is given')
  })

  it('asks for the type of what exists, and takes a fixed one', () => {
    expect(readParameters(schema, ['--only', 'x'], {args: [], resolveType: (property, given) => property === 'type' && given['only'] === 'x' ? 'one' : undefined}).params).toEqual({type: 'one', only: 'x'})
    expect(readParameters(schema, ['--only', 'x'], {args: [], fixed: {type: 'one'}}).params).toEqual({type: 'one', only: 'x'})
  })
})

it('reads or refuses anything, in little time', () => {
  const random = randomSource('command lines')
  const words = ['--', '-', '--force', '--memory', '--net0', '--n', '=', '--memory=', '100', '', '--help', '--tags', '-x', '--__proto__', '--constructor=1']
  const startedAt = cpuTimeMs()
  for (let round = 0; round < scaledCount(500); round++) {
    const line = Array.from({length: random.between(0, 8)}, () => random.next() < 0.3 ? randomText(random, 30) : pick(random, words))
    try {
      const {params} = readCommandLine(spec, line)
      expect(Object.getPrototypeOf(params)).toBe(Object.prototype)
    } catch (error) {
      expect(error, JSON.stringify(line)).toBeInstanceOf(InvalidInputError)
    }
  }
  expect(cpuTimeMs() - startedAt).toBeLessThan(scaledCount(500) * 20)
})
