// Where validators come from: compiled ahead by `scripts/compile-validators.mjs` where that was done, else ajv, loaded when it is first
// needed. ajv takes longer to load and to compile than a whole command may take, so a built program brings its validators along. Both
// ways start from the JSON Schema of json-schema.ts, and a compiled validator is found by a hash of the very parameters that it
// was made from, so that one which is out of date is never used: there is one truth.
import {createRequire} from 'node:module'
import {fileURLToPath} from 'node:url'
import type * as ajvModule from 'ajv'
import type {Ajv, ErrorObject, ValidateFunction} from 'ajv'
import {contentName} from './content-name.ts'
import {checkFormat, formatNames} from './formats.ts'
import {paramsToJsonSchema} from './json-schema.ts'
import type {Params} from './schema.ts'

/** Gives the errors of a value; empty when it is right. */
export type Validator = (value: unknown) => readonly ErrorObject[]

type FormatTable = Readonly<Record<string, {readonly type: 'string'; readonly validate: (value: string) => boolean}>>
/** What a compiled file exports. */
type CompiledValidator = (formats: FormatTable) => ValidateFunction

const require = createRequire(import.meta.url)
const compiledFolder = fileURLToPath(new URL('./compiled/', import.meta.url))
const validators = new WeakMap<Params, {closed?: Validator; open?: Validator}>()
let ajv: Ajv | undefined

/** The validator of an object with these parameters. It is made once for each `params` object. */
export function paramsValidator(params: Params, additional: boolean): Validator {
  const known = validators.get(params) ?? {}
  validators.set(params, known)
  return known[additional ? 'open' : 'closed'] ??= makeValidator(params, additional)
}

function makeValidator(params: Params, additional: boolean): Validator {
  const file = `${compiledFolder}${validatorName(params, additional)}.cjs`
  const validate = loadCompiled(file)?.(lazyFormats()) ?? compile(params, additional)
  return value => validate(value) ? [] : validate.errors ?? []
}

/** undefined when this validator was not compiled ahead. */
function loadCompiled(file: string): CompiledValidator | undefined {
  try {
    return require(file) as CompiledValidator
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

function compile(params: Params, additional: boolean): ValidateFunction {
  ajv ??= newAjv()
  return ajv.compile(paramsToJsonSchema(params, additional))
}

/** ajv as our schemas need it; also for the program that compiles ahead. */
export function newAjv(options: object = {}): Ajv {
  // A plain require, because checking is synchronous.
  const {Ajv: AjvClass} = require('ajv') as typeof ajvModule
  return new AjvClass({allErrors: true, strict: true, strictTypes: false, strictRequired: false, formats: allFormats(), ...options})
}

/** Names the validator of these parameters by their content. */
export function validatorName(params: Params, additional: boolean): string {
  return `${contentName(JSON.stringify(params))}${additional ? '-open' : ''}`
}

/** All named formats with their -list and -opt forms, as ajv wants them. */
function allFormats(): FormatTable {
  const names = formatNames.flatMap(name => [name, `${name}-list`, `${name}-alist`, `${name}-opt`])
  return Object.fromEntries(names.map(name => [name, formatOf(name)]))
}

/** The formats by name, for compiled validators, which need only a few. */
function lazyFormats(): FormatTable {
  return new Proxy<Record<string, FormatTable[string]>>({}, {get: (_, name) => formatOf(String(name))})
}

function formatOf(name: string): FormatTable[string] {
  return {type: 'string', validate: value => checkFormat(name, value) === undefined}
}
