// Every command in the catalog is what its spec promises: described, runnable as its examples say, and refused when it is called wrongly.
import {describe, expect, test} from 'vitest'
import {ForbiddenError, InvalidInputError} from '../../src/lib/base/index.ts'
import {catalog, mergeTables} from '../../src/lib/catalog.ts'
import {helpSpec} from '../../src/lib/cli/help-command.ts'
import {runWords} from '../../src/lib/cli/run-words.ts'
import type {Surroundings} from '../../src/lib/cli/surroundings.ts'
import {aliases} from '../../src/lib/cli/aliases.ts'
import {checkFormat, checkParams, findParam, isListFormat, readCommandLine, type CommandSpec, type Params, type ValueSchema} from '../../src/lib/spec/index.ts'
import {isNeeded} from '../../src/lib/spec/generate/describe-value.ts'
import {checkCaller} from '../../src/lib/tasks/index.ts'

/** Commands that anyone may run, because they show nothing of the host. The list may only shrink. */
const openToAnyone: readonly string[] = ['pvesm status']

const ids = Object.keys(catalog.commands).toSorted()
const specs = new Map(await Promise.all(ids.map(async (id) => [id, (await catalog.commands[id]?.spec())?.spec] as const)))

function specOf(id: string): CommandSpec {
  const spec = specs.get(id)
  if (spec === undefined) throw new Error(`no spec for ${id}`)
  return spec
}

describe('the tables', () => {
  test('hold commands', () => expect(ids.length).toBeGreaterThan(10))
  test('refuse a name that two domains claim', () => {
    expect(() => mergeTables({a: 1}, {a: 2})).toThrow("two domains claim 'a'")
    expect('toString' in mergeTables({a: 1})).toBe(false)
  })

  test('no two commands answer one REST call', () => {
    const calls = ids.flatMap((id) => { const {api} = specOf(id); return api === undefined ? [] : [`${api.method} ${api.path}`] })
    expect(calls.filter((call, index) => calls.indexOf(call) !== index)).toEqual([])
  })

  test('aliases stand for commands and hide none', () => {
    for (const [alias, id] of Object.entries(aliases)) {
      expect(ids).toContain(id)
      expect(ids).not.toContain(alias)
    }
  })

  test.each(Object.entries(catalog.actionLoaders))('the action %s is what its name says', async (name, load) => {
    const action = await load()
    expect(action.kind).toBe(name)
    expect(typeof action.run).toBe('function')
    expect(typeof action.describe).toBe('function')
  })
})

/** What is wrong with the words of parameters; sub-properties too. */
function descriptionFaults(params: Params, path: string): string[] {
  return Object.entries(params).flatMap(([name, schema]) => {
    const where = `${path}${name}`
    if (schema.alias !== undefined || schema.keyAlias !== undefined) return []
    const description = schema.description ?? ''
    return [
      ...(/^[A-Z`'0-9(].*[.!)](?:\*\*)?$/s.test(description) ? [] : [`${where}: the description must be a sentence: '${description}'`]),
      ...(typeof schema.format === 'string' && !isKnownFormat(schema.format) ? [`${where}: there is no format '${schema.format}'`] : []),
      ...(typeof schema.format === 'object' ? descriptionFaults(schema.format, `${where}.`) : []),
    ]
  })
}

function isKnownFormat(name: string): boolean {
  try {
    checkFormat(name, '')
    return true
  } catch {
    return false
  }
}

/** The words of the command in an example, as a shell would split them: what feeds it and what follows a pipe or redirection is left out. */
function exampleWords(line: string, id: string): string[] {
  const commands: string[][] = [[]]
  for (const match of line.matchAll(/(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+/g)) {
    if (/^(?:\|\|?|&&|;|<|>)/.test(match[0])) commands.push([])
    else commands.at(-1)?.push(match[0].replace(/'([^']*)'|"([^"]*)"|\\(.)/g, '$1$2$3'))
  }
  return commands.find((words) => `${words.join(' ')} `.startsWith(`${id} `)) ?? []
}

describe.each(ids)('%s', (id) => {
  const spec = specOf(id)

  test('is described', () => {
    expect(spec.id).toBe(id)
    expect(spec.summary).toMatch(/^[A-Z].*\.$/)
    expect(descriptionFaults(spec.params, '')).toEqual([])
    expect(spec.returns.type ?? spec.returns.description).toBeDefined()
    expect(spec.needs === 'anyone' || spec.needs === 'root' || spec.needs.privilege !== '').toBe(true)
    expect(spec.kind === 'task').toBe(spec.task !== undefined)
    if (spec.task?.id !== undefined) expect(Object.keys(spec.params)).toContain(spec.task.id)
    for (const [, name] of spec.api?.path.matchAll(/\{(.+?)\}/g) ?? []) expect([...Object.keys(spec.params), ...Object.keys(spec.fixed ?? {}), 'node']).toContain(name)
  })

  test('has arguments that its parameters describe, needed ones first', () => {
    const schemas = spec.args.map((name) => spec.params[name])
    expect(schemas).not.toContain(undefined)
    const needed = schemas.map((schema) => schema !== undefined && isNeeded(schema))
    expect(needed).toEqual(needed.toSorted((a, b) => Number(b) - Number(a)))
    expect(spec.args.slice(0, -1)).not.toContain('extra-args')
  })

  test('has a handler of its kind', async () => {
    const {handler} = await catalog.commands[id]?.handler() ?? {}
    expect(handler?.spec).toBe(spec)
    // An interactive command that changes something plans it, so that it can be shown and taken back.
    const plans = spec.kind === 'change' || spec.kind === 'task' || spec.kind === 'interactive' && spec.dryRun === true
    expect(handler?.handles).toBe(plans ? 'change' : spec.kind)
  })

  test('has examples that its own reader takes', () => {
    expect(spec.examples.length).toBeGreaterThan(0)
    for (const {line, meaning} of spec.examples) {
      const words = exampleWords(line, id)
      const own = id.split(' ')
      expect(words.slice(0, own.length).join(' '), line).toBe(id)
      const {params} = readCommandLine(spec, words.slice(own.length))
      expect(() => checkParams(spec.params, params), line).not.toThrow()
      expect(meaning, line).toMatch(/\S/)
    }
  })

  test('is root’s, unless it is open to anyone', () => {
    const nobody = {user: 'nobody@pam', isRoot: false}
    // What runs on the user's own machine for that user alone is theirs.
    if (spec.needs === 'anyone' && spec.runsOn !== 'client') expect(openToAnyone).toContain(id)
    else if (spec.needs === 'anyone') expect(() => checkCaller(spec, nobody)).not.toThrow()
    else expect(() => checkCaller(spec, nobody)).toThrow(ForbiddenError)
    expect(() => checkCaller(spec, {user: 'root@pam', isRoot: true})).not.toThrow()
  })

  test('refuses what it does not know, and values that are wrong, before anything is opened', async () => {
    const right = rightWords(spec)
    await expectRefusal(id, [...right, '--no-such-option-at-all', '1'], /no-such-option-at-all/)
    if (spec.args.at(-1) !== 'extra-args' && !isListArgument(spec)) await expectRefusal(id, [...right, 'one', 'too', 'many', 'many', 'words'], /too many arguments/)
    if (spec.args.some((name) => isNeeded(spec.params[name] ?? {}))) await expectRefusal(id, [], /needs|required/)
    for (const [name, schema] of Object.entries(spec.params)) {
      if (spec.args.includes(name) || schema.alias !== undefined) continue
      const written = name.replace('[n]', String(schema.index?.min ?? 0))
      for (const value of wrongValues(schema)) await expectRefusal(id, [...right, `--${written}=${value}`], new RegExp(written.slice(0, 12)))
    }
    for (const [index, name] of spec.args.entries()) {
      if (name === 'extra-args') continue
      // One behind others that were left out is given by its name.
      const place = (value: string) => index > right.length ? [...right, `--${name}=${value}`] : [...right.slice(0, index), value, ...right.slice(index + 1)]
      for (const value of wrongValues(spec.params[name] ?? {})) await expectRefusal(id, place(value), new RegExp(name))
    }
  })
})

test('help is refused wrong words too', () => {
  expect(() => readCommandLine(helpSpec('qm'), ['--nonsense'])).toThrow(InvalidInputError)
})

function isListArgument(spec: CommandSpec): boolean {
  const schema = spec.params[spec.args.at(-1) ?? '']
  return schema !== undefined && (schema.type === 'array' || isListFormat(schema))
}

/** Values that no reader of this schema may take. Control characters are wrong in every line of a configuration. */
function wrongValues(schema: ValueSchema): string[] {
  if (schema.enum !== undefined) return ['no-such-word']
  switch (schema.type) {
    case 'boolean': return ['maybe', '2']
    case 'integer':
    case 'number': return [
      // Where a VMID is due, such words may be the names of guests.
      ...(schema.completion === 'vmid' ? [] : ['many', '0x10', '1e3']), ...(schema.minimum === undefined ? [] : [String(schema.minimum - 1)]), ...(schema.maximum === undefined ? [] : [String(schema.maximum + 1)]),
    ]
    default: return ['a\u0000b', ...(schema.multiLine === true ? [] : ['a\nb']), ...(typeof schema.format === 'object' ? ['no-such-setting=1,also-none=2'] : [])]
  }
}

/** Words that get as far as checking: those of the first example. */
function rightWords(spec: CommandSpec): string[] {
  const example = exampleWords(spec.examples[0]?.line ?? '', spec.id).slice(spec.id.split(' ').length)
  const {params} = readCommandLine(spec, example)
  return spec.args.filter((name) => params[name] !== undefined).map((name) => { const value = params[name]; return Array.isArray(value) ? value.join(' ') : String(value) })
}

async function expectRefusal(id: string, words: readonly string[], naming: RegExp): Promise<void> {
  const error = await runWords([...id.split(' '), ...words], nothingMayBeOpened).then(() => undefined, (reason: unknown) => reason)
  expect(error, `${id} ${words.join(' ')}`).toBeInstanceOf(InvalidInputError)
  const {message, fields} = error as InvalidInputError
  expect(`${message} ${Object.keys(fields).join(' ')}`, `${id} ${words.join(' ')}`).toMatch(naming)
}

const silent = {write: () => true}
const nothingMayBeOpened: Surroundings = {
  catalog, aliases, env: {}, signal: new AbortController().signal, streams: {stdout: silent, stderr: silent},
  terminal: () => { throw new Error('the terminal was asked for') },
  services: () => Promise.reject(new Error('a context was opened')),
}

test('families are found by their numbers in what is refused', () => {
  expect(findParam({'net[n]': {type: 'string', index: {min: 0, max: 31}}}, 'net32')).toBeUndefined()
})
