// Bundles the programs that users start (the launcher's main, the worker of tasks, qmeventd, the keeper of connections) into dist/run, one file each: loading a hundred
// small modules takes as long again as Node's own start. Compiling one large file takes as long as well, so the two that somebody waits for
// come with the code that V8 made of them (code-cache.mjs). What they import lazily is still only run when it is asked for.
// npm packages stay outside, but for execa, which is a hundred small files itself.
import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import fs from 'node:fs'
import {createRequire, isBuiltin} from 'node:module'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {rolldown} from 'rolldown'

const require = createRequire(import.meta.url)
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/**
 * Where each program starts, below dist; its file in dist/run has the program's name. In the order in which they need each other. The two that
 * somebody waits for are CommonJS, because Node's other loader takes a tenth of its own start.
 */
const programs = {
  qmeventd: {file: 'lib/guest/qemu/qmeventd/main.js', isCached: false},
  keeper: {file: 'lib/cli/keeper/main.js', isCached: false},
  worker: {file: 'lib/cli/worker-main.js', isCached: true},
  main: {file: 'lib/cli/main.js', isCached: true},
}

function programFile(name) {
  return programs[name].isCached ? `${name}.cjs` : `${name}.js`
}

/** Files of earlier builds stay this long, for programs that are just starting. */
const leftoverMs = 10 * 60_000

/** @param dist the folder of the compiled program */
export async function bundlePrograms(dist) {
  const folder = path.join(dist, 'run')
  fs.mkdirSync(folder, {recursive: true})
  const entries = new Map(Object.entries(programs).map(([name, {file}]) => [path.join(dist, file), name]))
  const current = new Set()
  for (const [name, {file, isCached}] of Object.entries(programs)) {
    const input = path.join(dist, file)
    if (!fs.existsSync(input)) continue
    const files = isCached ? await bundleWithCode(name, input, folder, entries) : await bundlePlain(name, input, folder, entries)
    for (const written of files) current.add(written)
  }
  removeLeftovers(folder, current)
}

async function bundlePlain(name, input, folder, entries) {
  replaceFile(path.join(folder, `${name}.js`), await bundle(input, 'esm', keepPlaces(folder, entries, 'import.meta["url"]')))
  return [`${name}.js`]
}

/**
 * A script that is run by a small loader. Script and compiled code are named after their content, because V8 compares no more than the
 * length of the source with what its code was made from.
 */
async function bundleWithCode(name, input, folder, entries) {
  const script = asFunction(await bundle(input, 'cjs', keepPlaces(folder, entries, '__here')))
  const hash = createHash('sha256').update(script).update(process.version).digest('hex').slice(0, 16)
  const [scriptName, codeName] = [`${name}-${hash}.cjs`, `${name}-${hash}.code`]
  if (!fs.existsSync(path.join(folder, scriptName))) replaceFile(path.join(folder, scriptName), script)
  if (!fs.existsSync(path.join(folder, codeName))) makeCode(path.join(folder, scriptName), path.join(folder, codeName), name)
  replaceFile(path.join(folder, programFile(name)), loader(scriptName, codeName))
  return [programFile(name), scriptName, codeName]
}

async function bundle(input, format, plugin) {
  const build = await rolldown({input, platform: 'node', logLevel: 'warn', external: isOutside, plugins: [plugin], experimental: {attachDebugInfo: 'none'}})
  try {
    return (await build.generate({format, codeSplitting: false, comments: false})).output[0].code
  } finally {
    await build.close()
  }
}

/** Packages stay outside, but for execa and what it imports itself. */
export function isOutside(id, importer) {
  if (id.startsWith('.') || path.isAbsolute(id) || id === 'execa') return false
  return id.startsWith('node:') || !importer?.includes(`${path.sep}node_modules${path.sep}`)
}

/** The script as a function of what a module has: its exports, require, its place, and import(), which a script has not. */
function asFunction(code) {
  const script = `(function (exports, require, __here, __import) {"use strict";\n${loadedWhenUsed(withImports(code))}\n})`
  return inAscii(script)
}

/** The same program, its other characters escaped: V8 needs one byte a character then, and no decoding. */
export function inAscii(script) {
  return script.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** import() costs Node's other loader, so packages that need none are required, no earlier than they were imported. */
function withImports(code) {
  const script = code.replace(/(?<![.\w])import\((["'])([^"']+)\1\)/g, (_, quote, name) => (isCommonJs(name)
    ? `Promise.resolve().then(() => __toESM(require("${name}"), 1))`
    : `__import("${name}")`))
  if (/(?<![.\w])import\((?!\))/.test(script)) throw new Error('the bundle imports something whose name is not known when it is built')
  return script
}

/** Whether require() of a package gives what Node's import of it would. */
function isCommonJs(name) {
  if (isBuiltin(name)) return true
  const file = require.resolve(name)
  const folder = path.join(root, 'node_modules', ...name.split('/').slice(0, name.startsWith('@') ? 2 : 1))
  const {type} = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
  return file.endsWith('.cjs') || (type !== 'module' && !file.endsWith('.mjs'))
}

/** Node's own modules are loaded by the first who uses one: of the twenty that the whole program knows, a command needs five. */
function loadedWhenUsed(code) {
  const names = []
  const rest = code.replace(/^let (node_\w+) = require\("(node:[a-z0-9/_]+)"\);\n(?:\1 = (__toESM)\(\1, 1\);\n)?/gm, (_, variable, name, isWhole) => {
    names.push({variable, name, isWhole: isWhole !== undefined})
    return ''
  })
  if (/^(?:let|const|var) .*\brequire\("(?!node:)/m.test(rest)) throw new Error('the bundle loads a package with every command; import it where it is used')
  const known = new Map(names.map(({variable}) => [variable, `__node.${variable}`]))
  const getters = names.map(({variable, name, isWhole}) => `__lazily("${variable}", () => ${isWhole ? `__toESM(require("${name}"), 1)` : `require("${name}")`});`)
  return `${lazyNode}${getters.join('\n')}\n${rest.replace(/\bnode_\w+\b/g, (word) => known.get(word) ?? word)}`
}

const lazyNode = `const __node = {};
const __lazily = (name, load) => Object.defineProperty(__node, name, {configurable: true, enumerable: true, get: () => {
  const value = load();
  Object.defineProperty(__node, name, {value});
  return value;
}});
`

function loader(scriptName, codeName) {
  return `// Runs ${scriptName} with the code that V8 made of it at build time. Another version of Node, or other flags, make it anew.
'use strict'
const fs = require('node:fs')
const vm = require('node:vm')

const filename = \`\${__dirname}/${scriptName}\`
function readCode() {
  try { return fs.readFileSync(\`\${__dirname}/${codeName}\`) } catch { return undefined }
}
const script = new vm.Script(fs.readFileSync(filename, 'latin1'), {filename, cachedData: readCode()})
script.runInThisContext()(exports, require, require('node:url').pathToFileURL(filename).href, (name) => import(name))
`
}

/** Lets V8 compile the script, in a process that runs what users run most. Without the result everything works, a little later. */
function makeCode(scriptFile, codeFile, name) {
  const result = spawnSync(process.execPath, [fileURLToPath(new URL('./code-cache.mjs', import.meta.url)), name, scriptFile, codeFile], {stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', timeout: 120_000})
  if (!fs.existsSync(codeFile)) console.error(`the code of ${name} could not be compiled ahead (Node will do it at run time): ${result.stderr}`)
}

/** Whole or not at all: a program that starts meanwhile must not load half a file. */
function replaceFile(file, text) {
  fs.writeFileSync(`${file}.${process.pid}`, text)
  fs.renameSync(`${file}.${process.pid}`, file)
}

function removeLeftovers(folder, current) {
  for (const name of fs.readdirSync(folder)) {
    const file = path.join(folder, name)
    const {mtimeMs} = fs.statSync(file, {throwIfNoEntry: false}) ?? {mtimeMs: Date.now()}
    if (!current.has(name) && Date.now() - mtimeMs > leftoverMs) fs.rmSync(file, {recursive: true, force: true})
  }
}

/** Lets a module that looks for files beside itself find them from where the bundle lies; programs find the bundled programs. */
function keepPlaces(folder, entries, here) {
  return {
    name: 'keep-places',
    transform(code, file) {
      if (!code.includes('import.meta.url')) return null
      const withPrograms = code.replace(/new URL\('(\.[^']+)', import\.meta\.url\)/g, (whole, target) => {
        const name = entries.get(path.resolve(path.dirname(file), target))
        return name === undefined ? whole : `new URL('./${programFile(name)}', ${here})`
      })
      return withPrograms.replaceAll('import.meta.url', `new URL('${path.relative(folder, file)}', ${here}).href`)
    },
  }
}
