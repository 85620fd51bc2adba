// Usage texts, the words for types, and "did you mean".
import {describe, expect, it} from 'vitest'
import {didYouMean, nearestWord, type ValueSchema} from '../../../src/lib/spec/index.ts'
import {typeText, usageLine, usageText} from '../../../src/lib/spec/usage.ts'

const schema: ValueSchema = {
  type: 'object',
  properties: {
    vmid: {type: 'integer', minimum: 100, description: 'The number of the guest.'},
    snap: {type: 'string', optional: true, description: 'A snapshot.'},
    mode: {type: 'string', enum: ['stop', 'suspend']},
    count: {type: 'integer', minimum: 1, maximum: 9, default: 3, description: 'How many. '.repeat(12)},
    scsi0: {type: 'string', optional: true, description: 'A disk.'},
    scsi1: {type: 'string', optional: true, description: 'A disk.'},
    lonely0: {type: 'string', optional: true, description: 'One.'},
    key: {type: 'string', optional: true, fromFile: true, description: 'A key.'},
    on: {type: 'boolean', default: true, description: 'A flag.'},
  },
}

describe('usage', () => {
  it('has arguments, required options, and the words for the rest', () => {
    expect(usageLine('qm x', schema, {args: ['vmid', 'snap']})).toBe('qm x <vmid> [<snap>] --mode <string> [OPTIONS]')
    expect(usageLine('qm x', {properties: {}}, {args: []})).toBe('qm x')
    expect(usageLine('vzdump', {properties: {vmid: {type: 'string', format: 'pve-vmid-list'}}}, {args: ['vmid'], hasFormatOptions: true})).toBe('vzdump {<vmid>} [FORMAT_OPTIONS]')
  })

  it('describes every option once, families by their first, wrapped and indented', () => {
    const text = usageText('qm x', schema, {args: ['vmid'], fixed: {snap: 'a'}})
    expect(text).toContain('  <vmid>     <integer> (100 - N)\n\t     The number of the guest.\n\n')
    expect(text).toContain('  --count    <integer> (1 - 9)   (default=3)\n')
    expect(text).toContain('  --scsi[n]  <string>\n')
    expect(text).toContain('  --lonely0  <string>\n')
    expect(text).toContain('  --key      <filepath>\n')
    expect(text).toContain('  --on       <boolean>   (default=1)\n')
    expect(text).not.toMatch(/scsi1|--snap|--vmid/)
    for (const line of text.split('\n')) expect(line.replace('\t', ' '.repeat(8)).length).toBeLessThan(77)
  })
})

describe('types in words', () => {
  it.each([
    [{type: 'integer'}, '<integer>'], [{type: 'integer', minimum: 0}, '<integer> (0 - N)'], [{type: 'number', maximum: 5}, '<number> (-N - 5)'],
    [{enum: ['a', 'b']}, '<a | b>'], [{}, '<string>'], [{type: 'boolean'}, '<boolean>'], [{alias: 'ide2'}, "<alias to 'ide2'>"],
  ] as [ValueSchema, string][])('%j', (value, text) => expect(typeText(value)).toBe(text))

  it('of property strings are their grammar', () => {
    expect(typeText({format: {file: {type: 'string', defaultKey: true, placeholder: 'volume'}, backup: {type: 'boolean', optional: true}}})).toBe('[file=]<volume> [,backup=<1|0>]')
  })
})

describe('did you mean', () => {
  const words = ['memory', 'machine', 'name', 'net0', 'onboot']
  it.each([['memry', 'memory'], ['Memory', 'memory'], ['mahcine', 'machine'], ['nme', 'name'], ['onb', 'onboot'], ['net', 'net0']])('%s', (word, near) => expect(nearestWord(word, words)).toBe(near))
  it.each(['', 'x', 'frobnicate', 'memory'.repeat(50), 'zz'])('nothing for %.20s', word => expect(nearestWord(word, words)).toBeUndefined())
  it('is put behind a sentence', () => {
    expect(didYouMean('memry', words)).toBe("; did you mean 'memory'?")
    expect(didYouMean('xyz', words)).toBe('')
  })
})
