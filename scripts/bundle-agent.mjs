// Makes dist/agent, the folder that is installed on a host: corral-agent.mjs with all that it imports, npm packages and the compiled checks
// of all commands among it; SQLite's binding for this architecture and C library; libexec, which QEMU uses; a launcher; and manifest.json with
// the hash of each file. What a program finds by its place in a source tree is replaced here by what lies in the bundle.
import {createHash} from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {deflateRawSync} from 'node:zlib'
import {rolldown} from 'rolldown'
import {inAscii} from './bundle.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const maxBytes = 8 * 1000 * 1000

/** @param dist the folder of the compiled program, its checks compiled */
export async function bundleAgent(dist) {
  const input = path.join(dist, 'lib/agent/main.js')
  if (!fs.existsSync(input)) return
  const {version} = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  const folder = path.join(dist, 'agent')
  const files = {
    'corral-agent': {data: Buffer.from(launcher(version)), mode: 0o755},
    'corral-agent.mjs': {data: Buffer.from(await bundle(input, dist, version)), mode: 0o644},
    'node_sqlite3.node': {data: fs.readFileSync(path.join(root, 'node_modules/sqlite3/build/Release/node_sqlite3.node')), mode: 0o644},
    ...libexecFiles(),
  }
  for (const [name, {data, mode}] of Object.entries(files)) replaceFile(path.join(folder, name), data, mode)
  const manifest = {
    version, architecture: process.arch, libc: process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc',
    files: Object.entries(files).map(([name, {data, mode}]) => ({path: name, mode: mode.toString(8), sizeBytes: data.length, sha256: createHash('sha256').update(data).digest('hex')})),
  }
  replaceFile(path.join(folder, 'manifest.json'), Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`), 0o644)
  const sizeBytes = manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0)
  console.log(`agent: ${(files['corral-agent.mjs'].data.length / 1e6).toFixed(2)} MB, with SQLite's binding and libexec ${(sizeBytes / 1e6).toFixed(2)} MB`)
  if (sizeBytes > maxBytes) throw new Error(`the agent has ${sizeBytes} bytes; ${maxBytes} is the most`)
}

/** Its second line says the version, which others read there without running it (hosts/login-scripts.ts). */
function launcher(version) {
  const [first, ...rest] = fs.readFileSync(path.join(root, 'scripts/agent-launcher.sh'), 'utf8').split('\n')
  return [first, `# version ${version}`, ...rest].join('\n')
}

async function bundle(input, dist, version) {
  const build = await rolldown({input, platform: 'node', logLevel: 'warn', plugins: [placesInBundle(dist, version)]})
  try {
    const {output: [chunk, ...others]} = await build.generate({
      format: 'esm', codeSplitting: false, comments: false, minify: {compress: false, mangle: false, codegen: {removeWhitespace: true}},
      banner: "import {createRequire as makeAgentRequire} from 'node:module';const agentRequire = makeAgentRequire(import.meta.url);",
    })
    if (others.length > 0) throw new Error(`the agent would be more than one file: ${others.map(({fileName}) => fileName).join(', ')}`)
    return inAscii(chunk.code)
  } finally {
    await build.close()
  }
}

/** Replaces what looks for files beside its source. */
function placesInBundle(dist, version) {
  const inDist = (name) => path.join(dist, 'lib', name)
  const programs = inDist('host/programs.js')
  const kept = new Set([inDist('agent/main.js'), inDist('agent/bundled-programs.js')])
  return {
    name: 'places-in-bundle',
    resolveId(id, importer) {
      if (id === compiledChecks) return {id: compiledChecks}
      return importer !== undefined && id.startsWith('.') && path.resolve(path.dirname(importer), id) === programs ? inDist('agent/bundled-programs.js') : null
    },
    load(id) {
      if (id === compiledChecks) return compiledModule(path.join(dist, 'lib/spec/compiled'))
      if (id.endsWith('/sqlite3/lib/sqlite3-binding.js')) return "module.exports = agentRequire('./node_sqlite3.node')"
      if (id === inDist('agent/version.js')) return `export const agentVersion = ${JSON.stringify(version)}\n`
      return null
    },
    transform(code, file) {
      if (file === inDist('spec/validator.js')) return checksInBundle(code)
      // An npm package may ask where it is without using it; one of our modules that looks beside itself would not find anything.
      if (file.startsWith(inDist('')) && code.includes('import.meta.url') && !kept.has(file)) throw new Error(`${file} looks for files beside itself, and in the agent there are none`)
      return null
    },
  }
}

const compiledChecks = 'corral:compiled-checks'

/**
 * A module that gives compiled checks by name. There are hundreds of them, a third of the agent, and a call needs two: so each is kept deflated,
 * which V8 skips as one long string, and compiled when it is asked for.
 */
function compiledModule(folder) {
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.cjs'))
  const packed = Object.fromEntries(names.map((name) => [name, deflateRawSync(fs.readFileSync(path.join(folder, name)), {level: 9}).toString('base64')]))
  return `import ucs2length from 'ajv/dist/runtime/ucs2length.js'
import {compileFunction} from 'node:vm'
import {inflateRawSync} from 'node:zlib'
const packed = ${JSON.stringify(packed)}
const outside = (name) => {
  // The checks want the module, of which the import gives the one function.
  if (name === 'ajv/dist/runtime/ucs2length') return {default: ucs2length}
  throw new Error('a compiled check wants ' + name)
}
export function compiledCheck(name) {
  if (!Object.hasOwn(packed, name)) return undefined
  const module = {exports: {}}
  compileFunction(inflateRawSync(Buffer.from(packed[name], 'base64')).toString('utf8'), ['module', 'require'])(module, outside)
  return module.exports
}
`
}

/** The compiled checks and ajv, which are found by require() elsewhere, come from the bundle. */
function checksInBundle(code) {
  const replaced = code
    .replace('const require = createRequire(import.meta.url);', '')
    .replace(/const compiledFolder = [^\n]+/, "const compiledFolder = '';")
    .replace('return require(file);', 'return compiledCheck(file);')
  if (replaced.includes('import.meta') || !replaced.includes('compiledCheck(file)')) throw new Error('spec/validator.ts has changed: see scripts/bundle-agent.mjs')
  return `import {compiledCheck} from '${compiledChecks}'\n${replaced}`
}

function libexecFiles() {
  const folder = path.join(root, 'libexec')
  const names = fs.readdirSync(folder, {recursive: true}).filter((name) => fs.statSync(path.join(folder, name)).isFile()).sort()
  return Object.fromEntries(names.map((name) => {
    const data = fs.readFileSync(path.join(folder, name))
    return [`libexec/${name}`, {data, mode: data.subarray(0, 2).toString() === '#!' ? 0o755 : 0o644}]
  }))
}

/** Whole or not at all: an agent that starts meanwhile must not load half a file. What has not changed stays. */
function replaceFile(file, data, mode) {
  if (fs.existsSync(file) && fs.readFileSync(file).equals(data)) return
  fs.mkdirSync(path.dirname(file), {recursive: true})
  fs.writeFileSync(`${file}.${process.pid}`, data, {mode})
  fs.chmodSync(`${file}.${process.pid}`, mode)
  fs.renameSync(`${file}.${process.pid}`, file)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleAgent(path.join(root, 'dist'))
