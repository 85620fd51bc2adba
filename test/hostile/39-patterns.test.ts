// Entry 39: regular expressions that take the square of a text's length, or worse, to say no (ReDoS). Every pattern of the source and of
// the schemas is judged by recheck.
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {catalog} from '../../src/lib/catalog.ts'
import {paramsToJsonSchema} from '../../src/lib/spec/json-schema.ts'
import type {Params} from '../../src/lib/spec/index.ts'
import {sectionTypes} from '../../src/lib/storage/storage-config.ts'
import {patternsOfSource, type SourcePattern} from '../support/source-patterns.ts'
import {projectRoot} from './support/program.ts'

/** Expressions that stand for something only when the program runs. */
const standIns = {'vmid': '100', 'name': 'flags', 'topic': 'tasks', 'schema.pattern': '[a-z]+'}

/** Slow for a long text, and never given one: with the reason. Of exponential ones there is none. */
const allowed: Readonly<Record<string, string>> = {}

const native = existsSync(join(projectRoot, `node_modules/recheck-${process.platform}-${process.arch}`))
// Its own choice would try Java first. The one in plain JavaScript works everywhere, three times slower.
process.env['RECHECK_BACKEND'] = native ? 'native' : 'pure'
const {check} = await import('recheck')

/** Without a repetition, or with one of a single class behind the start of the text, there is nothing to judge; that spares half of the time. */
function isPlain(source: string, flags: string): boolean {
  const bare = source.replace(/\\./g, 'x').replace(/\[(?:[^\]])*\]/g, 'x')
  const count = bare.match(/[*+{]/g)?.length ?? 0
  return count === 0 || (count === 1 && !flags.includes('m') && /^\^[^(|)]*$/.test(bare))
}

/** Undefined for a pattern that takes time in proportion to the text. */
async function complaintAbout({place, source, flags}: SourcePattern): Promise<string | undefined> {
  if (isPlain(source, flags)) return undefined
  const shown = `/${source}/${flags}`
  const found = await check(source, flags, {timeout: 60_000, randomSeed: 1})
  if (found.status === 'safe' || (found.status === 'vulnerable' && found.complexity.type === 'polynomial' && Object.hasOwn(allowed, shown))) return undefined
  const why = found.status === 'vulnerable' ? `${found.complexity.summary}, as with ${found.attack.pattern.slice(0, 80)}` : 'cannot be judged; make it simpler'
  return `${place} ${shown}: ${why}`
}

async function complaints(patterns: readonly SourcePattern[]): Promise<string[]> {
  const found: (string | undefined)[] = []
  const left = [...patterns]
  const work = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) found.push(await complaintAbout(next))
  }
  await Promise.all([work(), work()])
  return found.filter((text) => text !== undefined)
}

/** Every `pattern` that ajv would be given. */
function* schemaPatterns(place: string, value: unknown): Generator<SourcePattern> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value as Record<string, unknown>)) {
    if (name === 'pattern' && typeof inner === 'string') yield {place, source: inner, flags: 'u'}
    else if (name === 'patternProperties') for (const source of Object.keys(inner as object)) yield {place, source, flags: 'u'}
    else yield* schemaPatterns(`${place} ${name}`, inner)
  }
}

const source = patternsOfSource(projectRoot, standIns)

describe('the patterns', () => {
  it('of the source can all be worked out', () => {
    expect(source.patterns.length).toBeGreaterThan(300)
    expect(source.unknown).toEqual([])
  })

  it('of the source take time in proportion to the text', async () => {
    expect(await complaints(source.patterns)).toEqual([])
  }, 240_000)

  it('of the schemas take time in proportion to the text', async () => {
    const schemas = await Promise.all(Object.entries(catalog.commands).map(async ([id, entry]) => [id, (await entry.spec()).spec] as const))
    const types = Object.entries(sectionTypes).map(([type, {options}]) => [`storage.cfg ${type}`, {params: options}] as const)
    const found = [...schemas, ...types].flatMap(([id, spec]) => [...schemaPatterns(id, toJson(spec.params)), ...schemaPatterns(id, 'returns' in spec ? spec.returns : {})])
    const own = new Map(found.map((pattern) => [pattern.source, pattern]))
    const known = new Set(source.patterns.map((pattern) => pattern.source))
    expect(own.size).toBeGreaterThan(5)
    expect(await complaints([...own.values()].filter((pattern) => !known.has(pattern.source)))).toEqual([])
  }, 120_000)

  it('would be found if they were slow', async () => {
    const slow = ['^(?:\\d{1,9}[smhdw]?)+$', '\\s+$', '^(a|a)*$', '^(\\S+):\\s*(\\S+)$']
    expect(await complaints(slow.map((text) => ({place: 'here', source: text, flags: ''})))).toHaveLength(slow.length)
  }, 60_000)
})

/** The parameters and the sub-properties of property strings, as ajv sees them. */
function toJson(params: Params): unknown {
  const formats = Object.values(params).flatMap(({format}) => typeof format === 'object' ? [format] : [])
  return [params, ...formats].map((list) => paramsToJsonSchema(list, false))
}
