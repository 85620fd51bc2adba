// docs/openapi.json: valid OpenAPI 3.1 for a public validator, and beside Proxmox VE's own API.
import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {Validator} from '@seriousme/openapi-schema-validator'
import {describe, expect, test} from 'vitest'
import {catalogSpecs} from '../../../src/lib/cli/generated-files.ts'
import {openApiDocument} from '../../../src/lib/spec/generate/openapi.ts'

interface Schema { readonly properties?: Record<string, Schema>; readonly patternProperties?: Record<string, Schema>; readonly required?: readonly string[]; readonly $ref?: string }
interface Parameter { readonly name: string; readonly in: string; readonly required: boolean }
interface Operation {
  readonly operationId: string
  readonly parameters: readonly Parameter[]
  readonly requestBody?: {readonly content: Record<string, {readonly schema: Schema}>}
  readonly 'x-command': string
}
type Paths = Record<string, Record<string, Operation>>

const root = path.resolve(import.meta.dirname, '../../..')
const text = readFileSync(path.join(root, 'docs/openapi.json'), 'utf8')
const {paths, components} = JSON.parse(text) as {paths: Paths; components: {schemas: Record<string, Schema>}}
const operations = Object.entries(paths).flatMap(([where, methods]) => Object.entries(methods).map(([method, operation]) => ({where, method: method.toUpperCase(), operation})))
const specs = await catalogSpecs()

function bodyOf({requestBody}: Operation): Schema {
  return requestBody?.content['application/json']?.schema ?? {}
}

/** Every name that an operation takes; a family by its first name. */
function names(operation: Operation): string[] {
  const {properties = {}, patternProperties = {}} = bodyOf(operation)
  const families = Object.keys(patternProperties).map((pattern) => `${/^\^([a-z-]+)/.exec(pattern)?.[1] ?? ''}[n]`)
  return [...operation.parameters.map(({name}) => name), ...Object.keys(properties), ...families]
}

test('is valid OpenAPI 3.1', async () => {
  const validator = new Validator()
  const {valid, errors} = await validator.validate(JSON.parse(text) as Parameters<typeof validator.validate>[0])
  expect(errors).toBeUndefined()
  expect([valid, validator.version]).toEqual([true, '3.1'])
  expect(() => validator.resolveRefs()).not.toThrow()
})

test('has every command that has a path, each under its own id', () => {
  expect(operations.map(({operation}) => operation['x-command']).toSorted()).toEqual(specs.filter(({api}) => api !== undefined).map(({id}) => id))
  expect(new Set(operations.map(({operation}) => operation.operationId)).size).toBe(operations.length)
})

test.each(operations)('$method $where: each part of the path is a parameter, and no name stands twice', ({where, operation}) => {
  const inPath = operation.parameters.filter((parameter) => parameter.in === 'path')
  expect(inPath.map(({name}) => name)).toEqual([...where.matchAll(/\{(.+?)\}/g)].map((match) => match[1]))
  expect(inPath.every(({required}) => required)).toBe(true)
  expect(new Set(names(operation)).size).toBe(names(operation).length)
})

test('describes the settings of a network card once, and refers to them', () => {
  const net = Object.entries(bodyOf(paths['/nodes/{node}/qemu']?.['post'] as Operation).patternProperties ?? {}).find(([pattern]) => pattern.startsWith('^net'))
  const reference = (net?.[1] as {'x-settings'?: {$ref?: string}} | undefined)?.['x-settings']?.$ref ?? ''
  expect(reference).toMatch(/^#\/components\/schemas\/settings-net(?:-2)?$/)
  expect(Object.keys(components.schemas[reference.split('/').at(-1) ?? '']?.properties ?? {})).toEqual(expect.arrayContaining(['bridge', 'model', 'macaddr']))
  // A container's cards have other settings.
  expect(Object.keys(components.schemas).filter((name) => name.startsWith('settings-net'))).toHaveLength(2)
  expect(net?.[0]).toBe('^net(?:0|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|20|21|22|23|24|25|26|27|28|29|30|31)$')
})

describe('refuses', () => {
  const frame = {version: '1', error: {}, tools: {}}
  const start = specs.filter(({id}) => id === 'qm start')

  test('two commands with one method and path', () => {
    expect(() => openApiDocument([...start, ...start.map((spec) => ({...spec, id: 'qm begin'}))], frame)).toThrow("'qm start' and 'qm begin' are both POST /nodes/{node}/qemu/{vmid}/status/start")
  })

  test('a path that names what is no parameter', () => {
    const wrong = start.map((spec) => ({...spec, api: {method: 'POST' as const, path: '/nodes/{node}/qemu/{nosuch}'}}))
    expect(() => openApiDocument(wrong, frame)).toThrow("the path of 'qm start' names 'nosuch', which is no parameter")
  })
})

const referenceFile = path.resolve(root, '../shared/pve-surface/api.json')

const cpuModelKeys = ['reported-model', 'flags', 'hidden', 'hv-vendor-id', 'phys-bits', 'guest-phys-bits']
const keyOfTheFile = 'a key of cpu-models.conf, of which the reference names none here'
const ofGlusterfs = 'GlusterFS has the options of Proxmox VE 8; the reference is of a later version, without it'
/** Names that we take and Proxmox VE's API does not, with the reason. */
const keyOfServer = 'Proxmox VE wants the key to be put into its folder by hand'
const configOfRepository = 'Proxmox VE has no repositories on SFTP servers'
const keepOptions = ['keep-all', 'keep-last', 'keep-hourly', 'keep-daily', 'keep-weekly', 'keep-monthly', 'keep-yearly']
const onlyOurs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'qm status': {verbose: "it is an option of Proxmox VE's command line; the API gives all of it always"},
  'pct status': {verbose: "it is an option of Proxmox VE's command line; the API gives all of it always"},
  'corral backup job set': {digest: 'Proxmox VE has no digest here, and changes what somebody else has just changed'},
  'pvesm add': {server2: ofGlusterfs, volume: ofGlusterfs, transport: ofGlusterfs, 'ssh-key': keyOfServer, 'ssh-config': configOfRepository},
  'pvesm set': {server2: ofGlusterfs, transport: ofGlusterfs, 'ssh-key': keyOfServer, 'ssh-config': configOfRepository},
  'pvesm prune-backups': Object.fromEntries(keepOptions.map((name) => [name, "it is an option of Proxmox VE's command line; the API has them in 'prune-backups'"])),
  'corral storage download-url': {'allow-private': 'whether private addresses may be asked is a choice that Proxmox VE does not give'},
  'corral storage upload': {file: 'Proxmox VE takes the file as a part of the request; here it is named'},
  'corral cpu-model create': Object.fromEntries(cpuModelKeys.map((name) => [name, keyOfTheFile])),
  'corral cpu-model set': Object.fromEntries(cpuModelKeys.map((name) => [name, keyOfTheFile])),
}

/** Commands whose answer is of another type than Proxmox VE's, with the reason. */
const otherAnswers: Readonly<Record<string, string>> = {
  'qm set': 'it says what was changed, as the command line of Proxmox VE does',
}

describe.skipIf(!existsSync(referenceFile))("beside Proxmox VE's API (skipped when ../shared is not there)", () => {
  type Reference = Record<string, Record<string, {parameters: Record<string, {in?: string; required?: boolean}>; returns?: {type?: string}}>>
  const reference = (existsSync(referenceFile) ? JSON.parse(readFileSync(referenceFile, 'utf8')) : {}) as Reference

  test.each(operations)('$method $where is there, with the same names', ({where, method, operation}) => {
    const theirs = reference[where]?.[method]?.parameters
    expect(theirs).toBeDefined()
    const known = new Set(Object.keys(theirs ?? {}).flatMap((name) => [name, name.replace(/\d+$|\[n\]$/, '[n]')]))
    const foreign = names(operation).filter((name) => !known.has(name) && onlyOurs[operation['x-command']]?.[name] === undefined)
    expect(foreign).toEqual([])
    const missing = Object.entries(theirs ?? {}).filter(([name, {required}]) => required === true && !names(operation).includes(name)).map(([name]) => name)
    expect(missing).toEqual([])
  })

  test.each(operations.filter(({operation}) => otherAnswers[operation['x-command']] === undefined))('$method $where gives an answer of the same type', ({where, method, operation}) => {
    const ours = (operation as unknown as {responses: {200: {content: {'application/json': {schema: {properties: {data: {type?: string}}}}}}}}).responses[200].content['application/json'].schema.properties.data.type
    expect([operation['x-command'], ours]).toEqual([operation['x-command'], reference[where]?.[method]?.returns?.type])
  })
})
