// Entry 4: a word of a fixed set with more words behind it (`zstd -o /etc/x`), of which only the first would be checked. There is no
// compressor to choose yet; the same holds for every option with a fixed set of words, for whole numbers and for yes and no.
import {describe, expect, it} from 'vitest'
import {catalog} from '../../src/lib/catalog.ts'
import {checkParams, parsePropertyString, type PropertyFormat, type ValueSchema} from '../../src/lib/spec/index.ts'
import {InvalidInputError} from '../../src/lib/base/index.ts'
import {parseFolderVolumeName} from '../../src/lib/storage/naming.ts'

const extras = [' -o /etc/x', '\t-o', '\n', '\n-o', '\r', ' ', ';id', '|id', '&', ',x=1', '\u0000', '\u00a0', '\u200b', '=1', '/', '.', '"']

interface Place { readonly where: string; readonly schema: ValueSchema; readonly check: (value: string) => unknown }

/** Every option of every command, and every property inside of one, that takes one of some words, a number, or yes or no. */
async function closedPlaces(): Promise<Place[]> {
  const places: Place[] = []
  for (const [id, entry] of Object.entries(catalog.commands)) {
    const {spec} = await entry.spec()
    for (const [name, schema] of Object.entries<ValueSchema>(spec.params)) {
      const written = name.replace('[n]', String(schema.index?.min ?? 0))
      if (isClosed(schema)) places.push({where: `${id} ${written}`, schema, check: (value) => checkParams({[name]: alone(schema)}, {[written]: value})})
      if (typeof schema.format === 'object') places.push(...closedProperties(`${id} ${written}`, schema.format))
    }
  }
  // The same option or property stands in many places (`cache` of each kind of drive); once is enough.
  return [...new Map(places.map((place) => [JSON.stringify([place.where.replace(/^.*[ .]/, ''), place.schema]), place])).values()]
}

function closedProperties(where: string, format: PropertyFormat): Place[] {
  return Object.entries(format).filter(([, schema]) => isClosed(schema)).map(([name, schema]) => {
    return {where: `${where}.${name}`, schema, check: (value: string) => parsePropertyString(`${name}=${value}`, {[name]: alone(schema)})}
  })
}

/** The schema without what it asks of others. */
function alone(schema: ValueSchema): ValueSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== 'requires'))
}

function isClosed({type, enum: words}: ValueSchema): boolean {
  return words !== undefined || type === 'boolean' || type === 'integer' || type === 'number'
}

function rightValue({type, enum: words, minimum}: ValueSchema): string {
  return words === undefined ? type === 'boolean' ? '1' : String(minimum ?? 1) : String(words[0])
}

const places = await closedPlaces()

describe('a right word with something behind it', () => {
  it('is looked for in many places', () => { expect(places.length).toBeGreaterThan(100) })

  it.each([...new Set(places.map(({where}) => where.split(' ').slice(0, -1).join(' ')))])('is refused by %s', (command) => {
    for (const {where, schema, check} of places) {
      if (!where.startsWith(`${command} `)) continue
      const right = rightValue(schema)
      check(right)
      for (const extra of extras) {
        // A comma begins the next property of a property string, which is refused by its name.
        expect(() => check(right + extra), `${where} ${JSON.stringify(right + extra)}`).toThrow(InvalidInputError)
        expect(() => check(extra + right), `${where} ${JSON.stringify(extra + right)}`).toThrow(InvalidInputError)
      }
    }
  }, 60_000)
})

describe('names that end in a format', () => {
  it.each(['backup/vzdump-qemu-100-2026_01_01-00_00_00.vma.zst -o x', 'vztmpl/debian.tar.zst -o', 'iso/a.iso -o', '100/vm-100-disk-0.raw -o x', 'import/a.ova;id'])(
    'end there: %s', (name) => { expect(() => parseFolderVolumeName(name)).toThrow(InvalidInputError) })
})
