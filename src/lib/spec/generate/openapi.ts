// The OpenAPI 3.1 document of all commands that have a path in the REST API: where their parameters stand (path, query or body), their
// schemas and those of their results. Pure data from the specs; it knows no server.
import type {CommandSpec} from '../command.ts'
import {familyPattern, isRequired} from '../json-schema.ts'
import type {Params, PropertyFormat, ValueSchema} from '../schema.ts'
import {std} from '../standard.ts'
import type {GeneratedFile} from './generated-file.ts'
import {pageName, toolName} from './tool.ts'

type Json = Record<string, unknown>

/** What stands around the operations. */
export interface OpenApiFrame {
  readonly version: string
  /** The schema of an error (docs/error.schema.json) without its `$schema`. */
  readonly error: Json
  /** Summaries of the tools, by name. */
  readonly tools: Readonly<Record<string, string>>
}

const introduction = `The commands of Corral that have a path in Proxmox VE's REST API, with their paths, methods, parameters and results.

**No server answers these paths yet.** The document is generated from the same descriptions as the command line, the man pages and the
checks of parameters, so it says what the commands take and give today: \`data\` of an answer is what \`--output-format json\` prints.
Servers and the ways of signing in are Proxmox VE's, for which clients are written.

Booleans in answers are 1 and 0. Where a parameter is a list of settings (\`virtio,bridge=vmbr0\`), \`x-settings\` describes them.`

/** @param specs those without a path are left out. @throws Error when two commands claim one method and path, or a path names an unknown parameter */
export function openApiFile(specs: readonly CommandSpec[], frame: OpenApiFrame): GeneratedFile {
  return {path: 'docs/openapi.json', content: `${JSON.stringify(openApiDocument(specs, frame), undefined, 2)}\n`}
}

export function openApiDocument(specs: readonly CommandSpec[], {version, error, tools}: OpenApiFrame): Json {
  const settings = new SettingsSchemas()
  const paths: Record<string, Record<string, Json>> = {}
  const served = specs.filter((spec) => spec.api !== undefined)
  for (const spec of served.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const {method, path} = spec.api ?? {method: 'GET', path: ''}
    const operations = paths[path] ??= {}
    const key = method.toLowerCase()
    if (operations[key] !== undefined) throw new Error(`'${spec.id}' and '${String(operations[key]['x-command'])}' are both ${method} ${path}`)
    operations[key] = operation(spec, settings)
  }
  return {
    openapi: '3.1.0',
    info: {title: 'Corral', version, description: introduction, license: {name: 'AGPL-3.0-or-later', identifier: 'AGPL-3.0-or-later'}},
    servers: [{url: '/api2/json', description: 'Below the address of a server, as with Proxmox VE.'}],
    security: [{token: []}, {ticket: []}, {ticket: [], csrf: []}],
    tags: [...new Set(served.map(toolName))].toSorted().map((name) => ({name, description: tools[name] ?? ''})),
    paths: Object.fromEntries(Object.entries(paths).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas: {switch: switchSchema, error, ...settings.all()},
      responses: {error: {description: 'Something went wrong. The object is what the command line prints on stderr.', content: {'application/json': {schema: {$ref: '#/components/schemas/error'}}}}},
      securitySchemes,
    },
  }
}

/** In parameters; any of the words that the command line takes may stand there too. */
const switchSchema = {enum: [true, false, 1, 0, '1', '0'], description: 'A switch.'}

const securitySchemes = {
  token: {
    type: 'apiKey', in: 'header', name: 'Authorization',
    description: "A token of Proxmox VE's form: `PVEAPIToken=USER@REALM!TOKENID=SECRET`. Corral has no users and no tokens yet.",
  },
  ticket: {type: 'apiKey', in: 'cookie', name: 'PVEAuthCookie', description: "A ticket, as Proxmox VE's `/access/ticket` gives one. Corral gives none yet."},
  csrf: {type: 'apiKey', in: 'header', name: 'CSRFPreventionToken', description: 'Needed with a ticket for every method but GET.'},
}

function operation(spec: CommandSpec, settings: SettingsSchemas): Json {
  const {method, path} = spec.api ?? {method: 'GET', path: ''}
  const inPath = [...path.matchAll(/\{([\w-]+)\}/g)].map((match) => match[1] ?? '')
  // {node} follows from where the command runs, and need be no parameter of the command line.
  const params: Params = {...(inPath.includes('node') ? {node: std.node} : {}), ...spec.params}
  const unknown = inPath.find((name) => params[name] === undefined)
  if (unknown !== undefined) throw new Error(`the path of '${spec.id}' names '${unknown}', which is no parameter`)
  const rest = Object.fromEntries(Object.entries(params).filter(([name]) => !inPath.includes(name) && !Object.hasOwn(spec.fixed ?? {}, name)))
  const hasBody = (method === 'POST' || method === 'PUT') && Object.keys(rest).length > 0
  const query = hasBody ? {} : rest
  return {
    operationId: pageName(spec.id),
    tags: [toolName(spec)],
    summary: spec.summary,
    ...(spec.description === undefined ? {} : {description: spec.description}),
    'x-command': spec.id,
    ...(typeof spec.needs === 'object' ? {'x-needs': {path: spec.needs.path, privilege: spec.needs.privilege}} : {'x-needs': spec.needs}),
    parameters: [
      ...inPath.map((name) => parameter(name, params[name] ?? {}, 'path', settings)),
      ...Object.entries(query).map(([name, schema]) => parameter(name, schema, 'query', settings)),
    ],
    ...(hasBody ? {requestBody: requestBody(rest, settings)} : {}),
    responses: {
      200: {description: answerWords(spec), content: {'application/json': {schema: {type: 'object', required: ['data'], properties: {data: resultSchema(spec)}}}}},
      default: {$ref: '#/components/responses/error'},
    },
  }
}

function parameter(name: string, schema: ValueSchema, place: 'path' | 'query', settings: SettingsSchemas): Json {
  return {name, in: place, required: place === 'path' || isRequired(schema), description: schema.description ?? '', schema: withoutDescription(valueSchema(name, schema, settings))}
}

function requestBody(params: Params, settings: SettingsSchemas): Json {
  const schema = paramsSchema(params, settings)
  return {
    required: Object.values(params).some(isRequired),
    content: {'application/x-www-form-urlencoded': {schema}, 'application/json': {schema}},
  }
}

/** An object of parameters; a family `net[n]` is a pattern of names. */
function paramsSchema(params: Params, settings: SettingsSchemas): Json {
  const entries = Object.entries(params).map(([name, schema]) => [name, schema, valueSchema(name, schema, settings)] as const)
  const families = entries.filter(([name]) => name.endsWith('[n]'))
  const required = entries.filter(([name, schema]) => !name.endsWith('[n]') && isRequired(schema)).map(([name]) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(entries.filter(([name]) => !name.endsWith('[n]')).map(([name, , json]) => [name, json])),
    ...(families.length === 0 ? {} : {patternProperties: Object.fromEntries(families.map(([name, schema, json]) => [familyPattern(name, schema), json]))}),
    ...(required.length === 0 ? {} : {required}),
    additionalProperties: false,
  }
}

/** A parameter's value. */
function valueSchema(name: string, schema: ValueSchema, settings: SettingsSchemas): Json {
  if (schema.alias !== undefined) return {type: 'string', description: `Another name for \`${schema.alias}\`.`}
  if (schema.type === 'boolean') return {$ref: '#/components/schemas/switch', ...annotations(schema)}
  if (schema.type === 'array') return {type: 'array', items: schema.items === undefined ? {type: 'string'} : valueSchema(name, schema.items, settings), ...annotations(schema)}
  return {
    type: schema.type === 'any' || schema.type === undefined ? 'string' : schema.type,
    ...rules(schema),
    ...(typeof schema.format === 'object' ? {'x-settings': {$ref: `#/components/schemas/${settings.nameOf(name, schema.format)}`}} : {}),
    ...annotations(schema),
  }
}

function rules({enum: words, minimum, maximum, minLength, maxLength, pattern, format}: ValueSchema): Json {
  return defined({enum: words, minimum, maximum, minLength, maxLength, pattern: pattern === undefined ? undefined : `^(?:${pattern})$`, format: typeof format === 'string' ? format : undefined})
}

function annotations(schema: ValueSchema): Json {
  const needs = [
    ...(schema.requires === undefined ? [] : [`Only with \`${schema.requires}\`.`]),
    ...(schema.instanceTypes === undefined ? [] : [`Only for ${schema.typeProperty ?? 'type'} ${schema.instanceTypes.join(', ')}.`]),
  ]
  return defined({
    description: [schema.description ?? '', ...needs].filter((text) => text !== '').join(' '),
    default: schema.default,
    writeOnly: schema.secret === true ? true : undefined,
  })
}

/** `data` of an answer: a task's is its id. */
function resultSchema(spec: CommandSpec): Json {
  return answerSchema(spec.kind === 'task' ? std.upid : spec.returns)
}

function answerSchema(schema: ValueSchema): Json {
  const {description} = schema
  const common = defined({description})
  switch (schema.type) {
    case 'null': return {type: 'null', ...common}
    case 'any': return common
    case 'boolean': return {type: 'integer', enum: [0, 1], ...common}
    case 'array': return {type: 'array', ...(schema.items === undefined ? {} : {items: answerSchema(schema.items)}), ...common}
    case 'object': return {type: 'object', ...answerObject(schema), ...common}
    default: return {type: schema.type ?? 'string', ...defined({enum: schema.enum, minimum: schema.minimum, maximum: schema.maximum}), ...common}
  }
}

function answerObject({properties = {}, additionalProperties}: ValueSchema): Json {
  const entries = Object.entries(properties)
  const families = entries.filter(([name]) => name.endsWith('[n]'))
  const required = entries.filter(([name, schema]) => !name.endsWith('[n]') && schema.optional !== true).map(([name]) => name)
  return {
    ...(entries.length === 0 ? {} : {properties: Object.fromEntries(entries.filter(([name]) => !name.endsWith('[n]')).map(([name, schema]) => [name, answerSchema(schema)]))}),
    ...(families.length === 0 ? {} : {patternProperties: Object.fromEntries(families.map(([name, schema]) => [familyPattern(name, schema), answerSchema(schema)]))}),
    ...(required.length === 0 ? {} : {required}),
    ...(typeof additionalProperties === 'object' ? {additionalProperties: answerSchema(additionalProperties)} : {}),
  }
}

function answerWords(spec: CommandSpec): string {
  return spec.kind === 'task' ? 'The task was started; `data` is its id.' : spec.returns.description ?? 'It is done.'
}

/** The settings of property strings, each described once however many parameters have them. */
class SettingsSchemas {
  readonly #names = new Map<PropertyFormat, string>()
  readonly #schemas: Record<string, Json> = {}

  nameOf(param: string, format: PropertyFormat): string {
    const known = this.#names.get(format)
    if (known !== undefined) return known
    const base = `settings-${param.replace('[n]', '')}`
    let name = base
    for (let count = 2; this.#schemas[name] !== undefined; count++) name = `${base}-${count}`
    this.#names.set(format, name)
    this.#schemas[name] = this.#describe(format)
    return name
  }

  all(): Record<string, Json> {
    return Object.fromEntries(Object.entries(this.#schemas).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  #describe(format: PropertyFormat): Json {
    const own = Object.entries(format).filter(([, schema]) => schema.keyAlias === undefined)
    const bare = own.find(([, schema]) => schema.defaultKey === true)?.[0]
    const required = own.filter(([, schema]) => isRequired(schema)).map(([name]) => name)
    return {
      type: 'object',
      description: `Written \`name=value\`, separated by commas.${bare === undefined ? '' : ` The name \`${bare}\` may be left out.`}`,
      properties: Object.fromEntries(own.map(([name, schema]) => [name, valueSchema(name, schema, this)])),
      ...(required.length === 0 ? {} : {required}),
    }
  }
}

function withoutDescription(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([key]) => key !== 'description'))
}

function defined(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined && value !== ''))
}
