// Property strings: reading, writing, and that what was written reads the same.
import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../src/lib/base/index.ts'
import {formatPropertyString, notBuiltYet, parsePropertyString, type PropertyFormat} from '../../../src/lib/spec/index.ts'
import {cpuTimeMs} from '../../support/cpu-time.ts'
import {pick, randomText} from '../../support/hostile-text.ts'
import {randomSource, scaledCount} from '../../support/rounds.ts'

const net: PropertyFormat = {
  model: {type: 'string', enum: ['virtio', 'e1000'], defaultKey: true},
  virtio: {alias: 'macaddr', keyAlias: 'model'},
  e1000: {alias: 'macaddr', keyAlias: 'model'},
  macaddr: {type: 'string', format: 'mac-addr', optional: true},
  bridge: {type: 'string', format: 'pve-bridge-id', optional: true},
  firewall: {type: 'boolean', optional: true},
  rate: {type: 'number', minimum: 0, optional: true},
  mtu: {type: 'integer', minimum: 1, maximum: 65520, optional: true},
  queues: {type: 'integer', requires: 'bridge', optional: true},
}

function fieldsOf(text: string, format: PropertyFormat = net): Readonly<Record<string, string>> {
  try {
    parsePropertyString(text, format)
  } catch (error) {
    if (error instanceof InvalidInputError) return error.fields
    throw error
  }
  throw new Error(`'${text}' was not refused`)
}

describe('sub-properties that are not built yet', () => {
  const format: PropertyFormat = {
    size: {type: 'integer', optional: true},
    [notBuiltYet]: {wall: {reason: 'walls are not built yet', offAsksNothing: true}, tag: {reason: 'tags are not built yet'}},
  }

  it('are refused with the reason', () => {
    expect(fieldsOf('wall=1', format)).toEqual({wall: 'walls are not built yet; leave it out, or write wall=0'})
    expect(fieldsOf('tag=0', format)).toEqual({tag: 'tags are not built yet; leave it out'})
    expect(fieldsOf('constructor=1', format)['constructor']).toContain('there is no such property')
  })

  it('are passed over when they ask for nothing', () => {
    expect(parsePropertyString('size=1,wall=off', format)).toEqual({size: 1})
  })
})

describe('parsePropertyString', () => {
  it('reads values as their types, the default key without its name, empty parts as nothing', () => {
    expect(parsePropertyString('virtio,bridge=vmbr0,,firewall=yes,rate=1.5,mtu=1400,', net))
      .toEqual({model: 'virtio', bridge: 'vmbr0', firewall: true, rate: 1.5, mtu: 1400})
  })

  it('takes a key alias for two values', () => {
    expect(parsePropertyString('e1000=BC:24:11:00:00:01', net)).toEqual({model: 'e1000', macaddr: 'BC:24:11:00:00:01'})
    expect(parsePropertyString('bridge=vmbr0,e1000=BC:24:11:00:00:01', net)).toMatchObject({model: 'e1000'})
  })

  it('keeps = in a value', () => {
    expect(parsePropertyString('file=a=b', {file: {type: 'string', defaultKey: true}})).toEqual({file: 'a=b'})
  })

  it('names the sub-property that is wrong, and what would be right', () => {
    expect(fieldsOf('virtio,mtu=0')).toEqual({mtu: "must be between 1 and 65520, not '0'"})
    expect(fieldsOf('virtio,mtu=1e3')).toEqual({mtu: "must be a whole number in decimal digits, not '1e3'"})
    expect(fieldsOf('virto')).toEqual({model: "must be one of virtio, e1000, not 'virto'; did you mean 'virtio'?"})
    expect(fieldsOf('virtio,brige=vmbr0')).toEqual({brige: "there is no such property; did you mean 'bridge'?"})
    expect(fieldsOf('bridge=vmbr0')).toEqual({model: 'is required'})
    expect(fieldsOf('virtio,queues=2')).toEqual({bridge: "is required when 'queues' is given"})
    expect(fieldsOf('virtio,rate=-1')).toEqual({rate: "must be at least 0, not '-1'"})
    expect(fieldsOf('virtio,firewall=maybe')['firewall']).toContain('must be 1 or 0')
    expect(fieldsOf('virtio,mtu=')).toEqual({mtu: 'has no value'})
  })

  it('refuses what is given twice, in whatever way', () => {
    expect(fieldsOf('virtio,model=e1000')).toEqual({model: 'is given twice'})
    expect(fieldsOf('mtu=1,mtu=2,virtio')).toEqual({mtu: 'is given twice'})
    expect(fieldsOf('e1000,virtio=BC:24:11:00:00:01')).toHaveProperty('model')
    expect(fieldsOf('macaddr=BC:24:11:00:00:01,virtio=BC:24:11:00:00:01')).toHaveProperty('macaddr')
  })

  it('refuses a value without key where there is no default key, and a part without key', () => {
    expect(() => parsePropertyString('x', {a: {type: 'string'}})).toThrow("'x' has no key; write a=…")
    expect(() => parsePropertyString('=x', net)).toThrow("no key before the '='")
  })

  it('treats names of the language as unknown properties', () => {
    expect(fieldsOf('virtio,__proto__=1')).toHaveProperty('__proto__')
    expect(fieldsOf('virtio,constructor=1')).toHaveProperty('constructor')
  })
})

describe('formatPropertyString', () => {
  it('writes the default key first and bare, the others by name, booleans as digits', () => {
    expect(formatPropertyString({mtu: 1400, firewall: true, model: 'virtio', bridge: 'vmbr0', rate: undefined}, net)).toBe('virtio,bridge=vmbr0,firewall=1,mtu=1400')
  })

  it('uses the key alias where it fits', () => {
    expect(formatPropertyString({model: 'virtio', macaddr: 'BC:24:11:00:00:01', firewall: false}, net)).toBe('virtio=BC:24:11:00:00:01,firewall=0')
  })

  it('writes a default value with = under its key', () => {
    expect(formatPropertyString({file: 'a=b'}, {file: {type: 'string', defaultKey: true}})).toBe('file=a=b')
  })

  it('writes a default value of blanks under its key, without which it would be taken for nothing', () => {
    expect(formatPropertyString({file: ' '}, {file: {type: 'string', defaultKey: true}})).toBe('file= ')
  })

  it('refuses what would read as something else', () => {
    for (const bridge of ['a,b', 'a\nb', '', 'a\0']) expect(() => formatPropertyString({bridge}, net), JSON.stringify(bridge)).toThrow(InvalidInputError)
  })
})

describe('property strings, at random', () => {
  it('read as they were written', () => {
    const random = randomSource('property strings')
    for (let round = 0; round < scaledCount(300); round++) {
      const values = {
        model: pick(random, ['virtio', 'e1000']),
        ...(random.next() < 0.5 ? {macaddr: 'BC:24:11:00:00:0A'} : {}),
        ...(random.next() < 0.5 ? {bridge: `vmbr${random.between(0, 99)}`} : {}),
        ...(random.next() < 0.5 ? {firewall: random.next() < 0.5} : {}),
        ...(random.next() < 0.5 ? {rate: random.between(0, 1_000_000) / 1000} : {}),
        ...(random.next() < 0.5 ? {mtu: random.between(1, 65520)} : {}),
      }
      expect(parsePropertyString(formatPropertyString(values, net), net)).toEqual(values)
    }
  })

  it('are read or refused, never more, whatever they hold', () => {
    const random = randomSource('hostile property strings')
    const parts = ['virtio', 'bridge', 'mtu', '=', ',', '1', '__proto__', '=,', ' ']
    for (let round = 0; round < scaledCount(500); round++) {
      const text = random.next() < 0.5 ? randomText(random, 60) : Array.from({length: random.between(0, 12)}, () => pick(random, parts)).join('')
      try {
        const read = parsePropertyString(text, net)
        expect(parsePropertyString(formatPropertyString(read, net), net)).toEqual(read)
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInputError)
      }
    }
  })

  it('of any length are refused in no time', () => {
    const startedAt = cpuTimeMs()
    expect(() => parsePropertyString('a=1,'.repeat(1_000_000), net)).toThrow('at most')
    expect(() => parsePropertyString(','.repeat(60_000), net)).toThrow('model: is required')
    expect(cpuTimeMs() - startedAt).toBeLessThan(2000)
  })
})
