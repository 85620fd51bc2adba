// The property strings of every option of every command: what is written is read as it was, what is read can be written and stays, and
// anything else is refused for a reason that names the property.
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../src/lib/base/index.ts'
import {catalog} from '../../src/lib/catalog.ts'
import type {PropertyFormat, ValueSchema} from '../../src/lib/spec/index.ts'
import {formatPropertyString, parsePropertyString} from '../../src/lib/spec/property-string.ts'
import {hostileCharacters} from '../support/hostile-text.ts'
import {randomSource, scaledCount} from '../support/rounds.ts'

fc.configureGlobal({seed: randomSource('property strings').seed | 0, numRuns: scaledCount(60)})

const hostile = fc.string({unit: fc.constantFrom(...hostileCharacters), maxLength: 12})
const words = fc.constantFrom('a', '1', 'local:100/vm-100-disk-0.raw', 'BC:24:11:00:00:01', 'vmbr0', '/dev/x', '0', 'none', '32G', 'x=y', '__proto__', 'constructor')

function valueOf(schema: ValueSchema): fc.Arbitrary<string | number | boolean> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'integer') return fc.integer({min: Math.max(schema.minimum ?? -5, -(2 ** 31)), max: Math.min(schema.maximum ?? 2 ** 31, 2 ** 31)})
  if (schema.type === 'number') return fc.integer({min: (schema.minimum ?? 0) * 4, max: Math.min(schema.maximum ?? 100, 1000) * 4}).map((quarters) => quarters / 4)
  return fc.oneof({weight: 4, arbitrary: words}, {weight: 1, arbitrary: hostile})
}

/** Some of the properties, with values of their types. Aliases stand for others and are read as those. */
function valuesOf(format: PropertyFormat): fc.Arbitrary<Record<string, string | number | boolean>> {
  const own = Object.entries(format).filter(([, {alias}]) => alias === undefined)
  return fc.record(Object.fromEntries(own.map(([name, schema]) => [name, valueOf(schema)])), {requiredKeys: own.filter(([, {optional}]) => optional !== true).map(([name]) => name)})
}

/** What it gives; undefined when it is refused as it has to be. */
function orRefused<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInputError)
    return undefined
  }
}

const formats = new Map<string, readonly [place: string, format: PropertyFormat]>()
for (const [id, entry] of Object.entries(catalog.commands)) {
  for (const [name, {format}] of Object.entries((await entry.spec()).spec.params)) {
    if (typeof format === 'object') formats.set(JSON.stringify(format), formats.get(JSON.stringify(format)) ?? [`${id} --${name}`, format])
  }
}

describe.each([...formats.values()])('%s', (_, format) => {
  it('is read as it was written', () => {
    fc.assert(fc.property(valuesOf(format), (values) => {
      const text = orRefused(() => formatPropertyString(values, format))
      const read = text === undefined ? undefined : orRefused(() => parsePropertyString(text, format))
      if (text === undefined || read === undefined) return
      expect(read).toEqual(values)
      expect(formatPropertyString(read, format)).toBe(text)
    }))
  })

  it('is read or refused, whatever it is', () => {
    const names = fc.oneof(fc.constantFrom(...Object.keys(format), '__proto__', 'constructor', 'toString', ''), hostile)
    const parts = fc.array(fc.oneof(fc.tuple(names, fc.oneof(words, hostile)).map((pair) => pair.join('=')), hostile), {maxLength: 6})
    fc.assert(fc.property(parts, (list) => {
      const read = orRefused(() => parsePropertyString(list.join(','), format))
      if (read === undefined) return
      const written = formatPropertyString(read, format)
      expect(parsePropertyString(written, format)).toEqual(read)
      expect(Object.keys(read).every((name) => Object.hasOwn(format, name))).toBe(true)
    }))
  })
})

it('there are many', () => { expect(formats.size).toBeGreaterThan(15) })
