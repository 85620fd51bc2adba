// Entry 7: line ends, NUL and other control characters in a value that becomes a line of a file: what stands behind them would be a key
// of its own. Every option of every command is tried, and every writer of a file.
import {describe, expect, it} from 'vitest'
import {InvalidInputError, formatUpid} from '../../src/lib/base/index.ts'
import {catalog} from '../../src/lib/catalog.ts'
import {formatQemuConfig, parseQemuConfig} from '../../src/lib/guest/qemu/config/index.ts'
import {parseContexts, withHost} from '../../src/lib/hosts/contexts.ts'
import {formatTapSettings} from '../../src/lib/network/index.ts'
import {checkParams, parsePropertyString, type ValueSchema} from '../../src/lib/spec/index.ts'
import {formatPropertyString} from '../../src/lib/spec/property-string.ts'
import {formatSectionConfig, parseSectionConfig} from '../../src/lib/spec/section-config.ts'
import {sectionTypes} from '../../src/lib/storage/storage-config.ts'
import {indexLine, parseIndex} from '../../src/lib/tasks/task-files.ts'
import {machineRoom, storedConfig} from '../unit/guest/qemu/support/run-qm.ts'
import {perform} from './support/in-process.ts'

const lineEnds = ['\n', '\r', '\r\n', '\u0000', '\u000b', '\u000c', '\u0085', '\u2028', '\u2029']
const controls = [...lineEnds, '\u0001', '\u0008', '\u001b', '\u007f', '\u009b']
const around = (control: string) => [`a${control}b`, `${control}a`, `a${control}`, `a${control}args: -x`, `1${control}`, `local:100/x${control}\targs x`]

/** Taken apart as far as they are given, so that only what the value is made of counts. */
const alone = (schema: ValueSchema): ValueSchema => Object.fromEntries(Object.entries(schema).filter(([name]) => name !== 'requires'))

interface Place { readonly where: string; readonly schema: ValueSchema; readonly check: (value: string) => unknown }

/** Every option of every command, and every property inside of one; the same one of several commands is tried once. */
async function allPlaces(): Promise<Place[]> {
  const places = new Map<string, Place>()
  const add = (place: Place) => places.set(JSON.stringify([place.where.replace(/^.*[ .]/, ''), place.schema]), place)
  for (const [id, entry] of Object.entries(catalog.commands)) {
    for (const [name, schema] of Object.entries<ValueSchema>((await entry.spec()).spec.params)) {
      const written = name.replace('[n]', String(schema.index?.min ?? 0))
      const params = {[name]: alone(schema)}
      add({where: `${id} ${written}`, schema, check: (value) => checkParams(params, {[written]: schema.type === 'array' ? [value] : value})})
      if (typeof schema.format !== 'object') continue
      for (const [property, inner] of Object.entries(schema.format)) {
        const format = {[property]: alone(inner)}
        add({where: `${id} ${written}.${property}`, schema: inner, check: (value) => parsePropertyString(`${property}=${value}`, format)})
      }
    }
  }
  return [...places.values()]
}

const places = await allPlaces()

describe('every option', () => {
  it('is there', () => { expect(places.length).toBeGreaterThan(200) })

  it.each(controls)('refuses %j, but for the line ends of a text that may have lines', (control) => {
    for (const {where, schema, check} of places) {
      if (schema.multiLine === true && ['\n', '\r', '\r\n', '\u2028', '\u2029'].includes(control)) continue
      for (const value of around(control)) expect(() => check(value), `${where} ${JSON.stringify(value)}`).toThrow(InvalidInputError)
    }
  }, 60_000)
})

/** It is refused, or what it says is read as it was given. */
async function isWhole(write: () => string | Promise<string>, read: (text: string) => unknown, given: unknown, what: string): Promise<void> {
  let text: string
  try {
    text = await write()
  } catch (error) {
    expect(error, what).toBeInstanceOf(InvalidInputError)
    return
  }
  expect(await read(text), `${what}: ${JSON.stringify(text)}`).toEqual(given)
}

describe('every writer', () => {
  it.each(controls.flatMap(around))('keeps %j one value, or refuses it', async (value) => {
    const none = {pending: {}, pendingDelete: {}, snapshots: {}, special: {}}
    const name = JSON.stringify(value)
    for (const config of [
      {...none, current: {values: {name: value}}}, {...none, current: {values: {}}, pending: {name: value}}, {...none, current: {values: {}}, pendingDelete: {[value]: {force: false}}},
      {...none, current: {values: {[value]: 'x'}}}, {...none, current: {values: {}}, snapshots: {[value]: {values: {}}}}, {...none, current: {values: {}}, special: {[`special:${value}`]: {values: {}}}},
    ]) await isWhole(() => formatQemuConfig(config), (text) => parseQemuConfig(text), config, `qm.conf ${name}`)
    const described = {...none, current: {values: {name: 'x'}, description: `a${value}b`}}
    expect(parseQemuConfig(formatQemuConfig(described)), `the description ${name}`).toEqual(described)
    for (const section of [
      {type: 'dir', id: 'x', values: {path: `/${value}`}}, {type: 'other', id: 'x', values: {key: value}}, {type: 'other', id: 'x', values: {[value]: 'x'}}, {type: 'other', id: value, values: {}}, {type: value, id: 'x', values: {}},
      {type: 'other', id: 'x', values: {list: ['a', value]}},
    ]) await isWhole(() => formatSectionConfig([section], sectionTypes), (text) => parseSectionConfig(text, sectionTypes, {allowUnknown: true}), [section], `storage.cfg ${name}`)
    await isWhole(() => formatPropertyString({a: value}, {a: {type: 'string'}}), (text) => parsePropertyString(text, {a: {type: 'string'}}), {a: value}, `a property ${name}`)
    expect(() => formatTapSettings({tap: 'tap100i0', bridge: value}), `a bridge ${name}`).toThrow(InvalidInputError)
    expect(() => formatUpid({node: 'h1', pid: 1, pstart: 1, starttime: 1, type: 'x', id: value, user: 'root@pam'}), `a task id ${name}`).toThrow(InvalidInputError)
    const upid = formatUpid({node: 'h1', pid: 1, pstart: 1, starttime: 1, type: 'x', id: '100', user: 'root@pam'})
    expect(parseIndex(indexLine(upid, 5, value)).length, `the index of tasks ${name}`).toBeLessThan(2)
    expect(indexLine(upid, 5, value).split('\n')).toHaveLength(2)
    for (const host of [{name: value, ssh: 'h1'}, {name: 'h1', ssh: value}, {name: 'h1', ssh: 'h1', node: value}, {name: 'h1', ssh: 'h1', agent: value}]) {
      await isWhole(() => withHost('', 'home', host, '/c'), async (text) => (await parseContexts(text, '/c')).contexts[0]?.hosts[0], host, `contexts.yaml ${name}`)
    }
  })
})

it('a description with the lines of a configuration in it stays a description', async () => {
  const place = await machineRoom()
  const context = await place.open()
  await perform(['qm', 'create', '100', '--kvm', '0', '--memory', '32', '--description', 'a\n[PENDING]\nargs: -x\n\n[snap]\nhookscript: local:snippets/x\n#args: y'], context)
  await perform(['qm', 'set', '100', '--description', 'b\r\nargs: -x\r[special:x]\nname: y'], context).catch(() => undefined)
  const config = parseQemuConfig(await storedConfig(100, context) ?? '')
  expect(Object.keys(config.current.values)).not.toContain('args')
  expect([Object.keys(config.pending), Object.keys(config.snapshots), Object.keys(config.special)]).toEqual([[], [], []])
})
