// Every schema of every command holds what the spec relies on: names that exist, defaults that pass their own check, patterns that
// take no time. What would be a bug for one command's users is found here for all of them.
import {describe, expect, it} from 'vitest'
import {catalog} from '../../../src/lib/catalog.ts'
import {checkValue, findParam, formatNames, formatOptions, readCommandLine, type CommandSpec, type Params, type ValueSchema} from '../../../src/lib/spec/index.ts'
import {flattenParams} from '../../../src/lib/spec/variants.ts'
import {sectionTypes} from '../../../src/lib/storage/storage-config.ts'
import {cpuTimeMs} from '../../support/cpu-time.ts'

const specs: CommandSpec[] = await Promise.all(Object.values(catalog.commands).map(async entry => (await entry.spec()).spec))
const lists: (readonly [name: string, params: Params])[] = [
  ...specs.map(spec => [spec.id, spec.params] as const),
  ...Object.entries(sectionTypes).map(([type, {options}]) => [`storage.cfg ${type}`, options] as const),
  ['format options', formatOptions],
]

/** Every value in the parameters, sub-properties and items included, with its place. */
function* everyValue(params: Params, place: string): Generator<readonly [place: string, schema: ValueSchema, siblings: Params]> {
  for (const [name, schema] of Object.entries(params)) {
    yield [`${place} ${name}`, schema, params]
    if (typeof schema.format === 'object') yield* everyValue(schema.format, `${place} ${name}`)
    if (schema.items !== undefined) yield* everyValue({items: schema.items}, `${place} ${name}`)
  }
}

const values = lists.flatMap(([name, params]) => [...everyValue(params, name)])

/** Whether its default is a value of it, whatever it asks of others. */
function passes(schema: ValueSchema): boolean {
  try {
    checkValue(Object.fromEntries(Object.entries(schema).filter(([name]) => name !== 'requires')), schema.default, 'default')
    return true
  } catch {
    return false
  }
}

describe('every schema', () => {
  it('there is', () => { expect(values.length).toBeGreaterThan(100) })

  it('names formats that exist', () => {
    const names = new Set(formatNames.flatMap(name => [name, `${name}-list`, `${name}-alist`, `${name}-opt`]))
    expect(values.filter(([, {format}]) => typeof format === 'string' && !names.has(format)).map(([place]) => place)).toEqual([])
  })

  it('names aliases, required companions and type properties that exist', () => {
    const isMissing = (name: string | undefined, siblings: Params) => name !== undefined && findParam(siblings, name) === undefined
    expect(values.filter(([, {alias, keyAlias, requires, typeProperty}, siblings]) => [alias, keyAlias, requires, typeProperty].some(name => isMissing(name, siblings))).map(([place]) => place)).toEqual([])
  })

  it('has an index where it is a family, and at most one default key', () => {
    expect(values.filter(([place, {index}]) => place.endsWith('[n]') && index === undefined).map(([place]) => place)).toEqual([])
    const formats = values.flatMap(([place, {format}]) => typeof format === 'object' ? [[place, format] as const] : [])
    expect(formats.filter(([, format]) => Object.values(format).filter(({defaultKey}) => defaultKey).length > 1).map(([place]) => place)).toEqual([])
  })

  it('has a default that is right', () => {
    const wrong = values.filter(([, schema]) => schema.default !== undefined && !passes(schema)).map(([place]) => place.split(' ').at(-1) ?? '')
    // Proxmox VE's default of vcpus is 0, which stands for all of them and cannot be written.
    expect(wrong.filter(name => name !== 'vcpus')).toEqual([])
  })

  it('has ranges that some value fits', () => {
    for (const [place, {minimum = -Infinity, maximum = Infinity, minLength = 0, maxLength = Infinity}] of values) {
      expect(minimum <= maximum && minLength <= maxLength, place).toBe(true)
    }
  })

  it('has patterns that no text makes slow', () => {
    const patterns = new Map(values.flatMap(([place, {pattern}]) => pattern === undefined ? [] : [[pattern, place] as const]))
    for (const [pattern, place] of patterns) {
      const regular = new RegExp(`^(?:${pattern})$`)
      for (const part of ['a', '1', '0', 'A', '-', '.', ':', ';', ',', '=', '/', 'a1', 'a-', 'a.', '1-', '1;', '1-2;', 'a,', '+a;', ' ']) {
        for (const count of [10, 20, 28, 2000]) {
          const startedAt = cpuTimeMs()
          regular.test(`${part.repeat(count)}\u0000`)
          const elapsedMs = cpuTimeMs() - startedAt
          expect(elapsedMs, `${place}: ${pattern} on ${count} times '${part}'`).toBeLessThan(300)
        }
      }
    }
  })
})

describe.each(specs.map(spec => [spec.id, spec] as const))('%s', (_, spec) => {
  it('has arguments that are parameters, those that may be missing last', () => {
    const args = spec.args.map(name => findParam(spec.params, name)?.schema)
    expect(args).not.toContain(undefined)
    const optional = args.map(schema => schema?.optional === true || schema?.default !== undefined)
    expect(optional.indexOf(true) < 0 || !optional.slice(optional.indexOf(true)).includes(false)).toBe(true)
  })

  it('has examples that can be read', () => {
    for (const {line} of spec.examples) {
      const words = line.split(/\s+/).slice(spec.id.split(' ').length)
      if (/['"|&;<>$#]/.test(line)) continue
      expect(() => readCommandLine(spec, words), line).not.toThrow()
    }
  })

  it('offers a variant for every type that a parameter is tied to', () => {
    for (const schema of Object.values(spec.params)) {
      for (const type of schema.instanceTypes ?? []) expect(Object.values(flattenParams(spec.params, {[schema.typeProperty ?? 'type']: type}))).toContain(schema)
    }
  })
})
