// Where validators come from: the ones compiled at build time where there are, else ajv, loaded when it is first needed. Both
// come from the same JSON Schema (json-schema.ts), so there is one truth.
import {createRequire} from 'node:module'
import type {Ajv, ErrorObject} from 'ajv'
import {checkFormat, formatNames} from './formats.ts'
import {paramsToJsonSchema, type JsonSchema} from './json-schema.ts'
import type {Params} from './schema.ts'

/** Gives the errors of a value; empty when it is right. */
export type Validator = (value: unknown) => readonly ErrorObject[]

const require = createRequire(import.meta.url)
const validators = new WeakMap<Params, {closed?: Validator; open?: Validator}>()
let ajv: Ajv | undefined

/** The validator of an object with these parameters. It is compiled once for each `params` object. */
export function paramsValidator(params: Params, additional: boolean): Validator {
  const known = validators.get(params) ?? {}
  validators.set(params, known)
  const slot = additional ? 'open' : 'closed'
  return known[slot] ??= compile(paramsToJsonSchema(params, additional))
}

function compile(schema: JsonSchema): Validator {
  const validate = loadAjv().compile(schema)
  return value => validate(value) === true ? [] : validate.errors ?? []
}

/** ajv, as our validators need it; also used by the program that compiles them at build time. */
export function newAjv(options: object = {}): Ajv {
  // ajv takes some 25 ms to load, which a command that needs no check must not pay; require, because checking is synchronous.
  const {Ajv: AjvClass} = require('ajv') as typeof import('ajv')
  return new AjvClass({allErrors: true, verbose: true, strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true, formats: formatTable(), ...options})
}

function loadAjv(): Ajv {
  return ajv ??= newAjv()
}

/** All named formats with their -list and -opt forms, in the way ajv takes them. */
export function formatTable(): Record<string, {type: 'string'; validate: (value: string) => boolean}> {
  const names = formatNames.flatMap(name => [name, `${name}-list`, `${name}-alist`, `${name}-opt`])
  return Object.fromEntries(names.map(name => [name, {type: 'string', validate: (value: string) => checkFormat(name, value) === undefined}]))
}
