#!/usr/bin/env node
// Checks the import directions of src/lib: a folder may import from the layers below it, never from those above; folders of one layer
// meet only through each other's index.ts; packages and Node modules that reach the machine belong to the domains that own the effect;
// no circles. Prints each offending edge and exits 1.
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import ts from 'typescript'

/** Lower layers first; the names of one line stand on one layer. `guest/qemu` and `guest/lxc` are domains within `guest`. */
const layers = [
  ['base'],
  ['spec'],
  ['host'],
  ['store', 'cluster'],
  ['tasks', 'access'],
  ['storage', 'network'],
  ['firewall'],
  ['guest'],
  ['backup', 'replication', 'ha', 'ceph', 'metrics', 'hosts', 'completion'],
  ['catalog'],
  ['agent', 'api', 'cli'],
  ['commands'],
]

/** Packages that may be loaded by one domain only, so that effects and costs stay where they belong. */
const packageOwners = {execa: ['host'], sqlite3: ['store'], ssh2: ['host', 'agent'], chalk: ['cli'], '@oclif/core': ['cli', 'commands'], ajv: ['spec'], yaml: ['cli', 'spec', 'hosts', 'guest']}
/** Node modules that reach the machine, and who may use them. Everybody else goes through Host, Store and Clock. */
const effectModules = {
  'node:child_process': ['host', 'tasks', 'cli'], 'node:fs': ['host', 'store', 'tasks', 'cli'], 'node:fs/promises': ['host', 'store', 'tasks', 'cli'],
  'node:net': ['host', 'guest', 'cli'], 'node:http': ['api', 'host'], 'node:https': ['host'], 'node:dns': ['host'],
}
/** Functions of those modules that only compute, so that anybody may use them. */
const pureNames = {'node:net': ['isIP', 'isIPv4', 'isIPv6', 'BlockList']}

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const sourceRoot = path.join(root, 'src')
const layerOf = new Map(layers.flatMap((names, level) => names.map((name) => [name, level])))

/** Every module specifier in a file: static imports, re-exports and import() with a literal. */
function importsOf(file) {
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const found = []
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const typeOnly = ts.isImportDeclaration(node) ? node.importClause?.isTypeOnly === true : node.isTypeOnly
      const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : undefined
      const names = bindings && ts.isNamedImports(bindings) ? bindings.elements.map((element) => (element.propertyName ?? element.name).text) : undefined
      found.push({specifier: node.moduleSpecifier.text, typeOnly, lazy: false, names})
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && ts.isStringLiteral(node.arguments[0])) {
      found.push({specifier: node.arguments[0].text, typeOnly: false, lazy: true})
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** The layer name of a file under src: `lib/store/sqlite/open.ts` is `store`, `lib/catalog.ts` is `catalog`. */
function domainOf(relative) {
  const parts = relative.split(path.sep)
  if (parts[0] === 'commands') return 'commands'
  return parts[0] === 'lib' ? (parts[1] ?? '').replace(/\.ts$/, '') : parts[0]
}

/** Reasons against one edge; undefined when it is allowed. */
function objection(from, to) {
  const [a, b] = [domainOf(from), domainOf(to)]
  if (a === b) return undefined
  const [levelA, levelB] = [layerOf.get(a), layerOf.get(b)]
  if (levelA === undefined) return `'${a}' is no layer known to scripts/check-imports.mjs`
  if (levelB === undefined) return `'${b}' is no layer known to scripts/check-imports.mjs`
  if (levelB > levelA) return `${a} must not know ${b}`
  if (levelA === levelB && path.basename(to) !== 'index.ts') return `${a} and ${b} stand on one layer and meet only through index.ts`
  return undefined
}

const files = fs.readdirSync(sourceRoot, {recursive: true}).filter((name) => name.endsWith('.ts')).sort()
const problems = []
const graph = new Map()
for (const relative of files) {
  const file = path.join(sourceRoot, relative)
  const targets = []
  graph.set(relative, targets)
  for (const edge of importsOf(file)) {
    const {specifier} = edge
    if (specifier.startsWith('.')) {
      const target = path.relative(sourceRoot, path.resolve(path.dirname(file), specifier.replace(/\.js$/, '.ts')))
      if (!fs.existsSync(path.join(sourceRoot, target))) { problems.push(`src/${relative} -> ${specifier}: no such file`); continue }
      const reason = objection(relative, target)
      if (reason) problems.push(`src/${relative} -> src/${target}: ${reason}`)
      if (!edge.typeOnly && !edge.lazy) targets.push(target)
      continue
    }
    if (edge.typeOnly) continue
    const domain = domainOf(relative)
    const packageName = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.startsWith('node:') ? specifier : specifier.split('/')[0]
    if (edge.names?.length > 0 && edge.names.every((name) => pureNames[packageName]?.includes(name))) continue
    const owners = packageOwners[packageName] ?? effectModules[packageName]
    if (owners && !owners.includes(domain)) problems.push(`src/${relative} -> ${specifier}: only ${owners.join(', ')} may load it`)
  }
}

/** Cycles of modules that load each other eagerly make the order of loading matter; each is reported once. */
function findCycles() {
  const state = new Map()
  const cycles = []
  const walk = (node, trail) => {
    if (state.get(node) === 'done') return
    if (state.get(node) === 'open') { cycles.push([...trail.slice(trail.indexOf(node)), node]); return }
    state.set(node, 'open')
    for (const next of graph.get(node) ?? []) walk(next, [...trail, node])
    state.set(node, 'done')
  }
  for (const node of graph.keys()) walk(node, [])
  return cycles
}
for (const cycle of findCycles()) problems.push(`modules import each other in a circle: ${cycle.map((name) => `src/${name}`).join(' -> ')}`)

for (const problem of problems) console.error(problem)
console.log(`import directions: ${files.length} files, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0
