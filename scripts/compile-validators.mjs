// Part of the build: compiles the checks of all commands and configuration files ahead, so that no command has to load ajv and compile
// schemas while the user waits (the longest part of a short command otherwise). A file is named after the content of the parameters
// it checks (spec/validator.ts), and its first line names what it was made from, so that only what changed is compiled again.
import {createHash} from 'node:crypto'
import fs from 'node:fs'
import {createRequire} from 'node:module'
import path from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'

const require = createRequire(import.meta.url)
const {_} = require('ajv')
const standaloneCode = require('ajv/dist/standalone').default
const {version: ajvVersion} = require('ajv/package.json')

/** @param dist the folder of the compiled program */
export async function compileValidators(dist) {
  const load = (name) => import(pathToFileURL(path.join(dist, 'lib', name)).href)
  const {newAjv, validatorName} = await load('spec/validator.js')
  const {paramsToJsonSchema} = await load('spec/json-schema.js')
  const folder = path.join(dist, 'lib/spec/compiled')
  fs.mkdirSync(folder, {recursive: true})
  const wanted = new Set()
  let ajv
  for (const params of await everyParams(load)) {
    const name = `${validatorName(params, false)}.cjs`
    if (wanted.has(name)) continue
    wanted.add(name)
    const file = path.join(folder, name)
    const schema = paramsToJsonSchema(params, false)
    const origin = `// ${createHash('sha1').update(`${ajvVersion} ${JSON.stringify(schema)}`).digest('hex')}\n`
    if (fs.existsSync(file) && fs.readFileSync(file, 'utf8').startsWith(origin)) continue
    ajv ??= newAjv({code: {source: true, formats: _`formats`}})
    const code = standaloneCode(ajv, ajv.compile(schema))
    // Whole or not at all: a program that runs meanwhile must not load half a file.
    fs.writeFileSync(`${file}.${process.pid}`, `${origin}module.exports = formats => { const module = {};\n${code}\nreturn module.exports }\n`)
    fs.renameSync(`${file}.${process.pid}`, file)
  }
  for (const name of fs.readdirSync(folder)) if (name.endsWith('.cjs') && !wanted.has(name)) fs.rmSync(path.join(folder, name), {force: true})
  return wanted.size
}

/** Every list of parameters that can be checked: of commands, of the sections of configuration files, and the property strings in them. */
async function everyParams(load) {
  const {catalog} = await load('catalog.js')
  const {flattenParams, everyTypeChoice} = await load('spec/variants.js')
  const {sectionTypes} = await load('storage/storage-config.js')
  const found = []
  const visit = (params) => {
    for (const choice of everyTypeChoice(params)) found.push(flattenParams(params, choice))
    for (const schema of Object.values(params)) visitValue(schema)
  }
  const visitValue = (schema) => {
    if (typeof schema.format === 'object') visit(schema.format)
    if (schema.items !== undefined) visitValue(schema.items)
  }
  for (const entry of Object.values(catalog.commands)) visit((await entry.spec()).spec.params)
  for (const type of Object.values(sectionTypes)) visit(type.options)
  for (const params of Object.values(await load('hosts/context-schema.js'))) visit(params)
  return found
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dist = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../dist')
  console.log(`${await compileValidators(dist)} validators`)
}
