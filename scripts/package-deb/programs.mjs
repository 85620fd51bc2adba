// The programs of the package: /usr/lib/corral, in the shape of a source tree, so that everything finds what it needs where it is in one; and the
// commands in /usr/bin, which are links.
import {createHash} from 'node:crypto'
import {execFileSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

const home = 'usr/lib/corral'
/** Where the code that V8 makes of the bundles lies: made when the package is set up, and again when Node.js is replaced. */
const codeFolder = '/var/cache/corral'

/** The commands of a source tree. */
export function commandNames(root) {
  return fs.readdirSync(path.join(root, 'bin')).filter((name) => !name.includes('.')).sort()
}

/** @param options.npm what npmFiles() found; options.manifest package.json */
export function installPrograms({root, tree, manifest, npm}) {
  const to = path.join(tree, home)
  fs.mkdirSync(path.join(to, 'dist'), {recursive: true})
  const {name, version, license, type, engines} = manifest
  writeFile(path.join(to, 'package.json'), `${JSON.stringify({name, version, license, type, private: true, engines}, null, 2)}\n`)
  installBundles(path.join(root, 'dist/run'), path.join(to, 'dist/run'))
  fs.cpSync(path.join(root, 'dist/lib/spec/compiled'), path.join(to, 'dist/lib/spec/compiled'), {recursive: true})
  installAgent(path.join(root, 'dist/agent'), path.join(to, 'agent'))
  fs.symlinkSync('../agent', path.join(to, 'dist/agent'))
  fs.symlinkSync('agent/libexec', path.join(to, 'libexec'))
  fs.cpSync(path.join(root, 'docs/concepts'), path.join(to, 'docs/concepts'), {recursive: true})
  for (const file of npm.copied) copyFile(path.join(root, 'node_modules', file), path.join(to, 'node_modules', file))
  fs.mkdirSync(path.join(to, 'node_modules/sqlite3/build'))
  fs.symlinkSync('../../../agent/node_sqlite3.node', path.join(to, 'node_modules/sqlite3/build/node_sqlite3.node'))
  installCommands(path.join(root, 'bin'), path.join(to, 'bin'), path.join(tree, 'usr/bin'))
  for (const script of ['code-cache.mjs', 'compile-code.mjs']) copyFile(path.join(root, 'scripts', script), path.join(to, 'scripts', script))
  fs.chmodSync(path.join(to, 'scripts/compile-code.mjs'), 0o755)
}

/** With Debian's Node.js by its path: another one that stands before it in somebody's PATH is not what the package depends on. */
function installCommands(from, to, binFolder) {
  fs.mkdirSync(binFolder, {recursive: true})
  copyFile(path.join(from, 'package.json'), path.join(to, 'package.json'))
  for (const name of commandNames(path.dirname(from))) {
    const text = fs.readFileSync(path.join(from, name), 'utf8').replace(/^#![^\n]*/, '#!/usr/bin/node')
    writeFile(path.join(to, name), text, 0o755)
    fs.symlinkSync(`../lib/corral/bin/${name}`, path.join(binFolder, name))
  }
}

/**
 * The bundles. Those that come with V8's code are named after their content, because V8 compares no more than the length of the source with what its
 * code was made from; the code is made on the machine that uses it, by its Node.js.
 */
function installBundles(from, to) {
  for (const name of ['main', 'worker']) {
    const loader = fs.readFileSync(path.join(from, `${name}.cjs`), 'utf8')
    const scriptName = new RegExp(`${name}-[0-9a-f]{16}\\.cjs`).exec(loader)?.[0]
    const codePath = new RegExp(`\`\\$\\{__dirname\\}/${name}-[0-9a-f]{16}\\.code\``).exec(loader)?.[0]
    if (scriptName === undefined || codePath === undefined) throw new Error(`dist/run/${name}.cjs is not as scripts/package-deb/programs.mjs knows it`)
    const script = fs.readFileSync(path.join(from, scriptName), 'utf8')
    const hash = createHash('sha256').update(script).digest('hex').slice(0, 16)
    const renamed = loader.replace(codePath, `'${codeFolder}/${name}-${hash}.code'`).replaceAll(scriptName, `${name}-${hash}.cjs`)
      .replace('at build time. Another version of Node, or other flags, make it anew.', 'when the package was set up (compile-code.mjs).')
    writeFile(path.join(to, `${name}-${hash}.cjs`), script)
    writeFile(path.join(to, `${name}.cjs`), renamed)
  }
  for (const name of ['qmeventd.js', 'keeper.js']) copyFile(path.join(from, name), path.join(to, name))
}

/** The agent as it is brought to other hosts, with its binding stripped, so that its manifest is made anew. */
function installAgent(from, to) {
  const manifest = JSON.parse(fs.readFileSync(path.join(from, 'manifest.json'), 'utf8'))
  const files = manifest.files.map((entry) => {
    const file = path.join(to, entry.path)
    copyFile(path.join(from, entry.path), file)
    if (entry.path.endsWith('.node')) execFileSync('strip', ['--strip-unneeded', '--remove-section=.comment', '--remove-section=.note', file])
    fs.chmodSync(file, Number.parseInt(entry.mode, 8))
    const data = fs.readFileSync(file)
    return {...entry, sizeBytes: data.length, sha256: createHash('sha256').update(data).digest('hex')}
  })
  writeFile(path.join(to, 'manifest.json'), `${JSON.stringify({...manifest, files}, null, 2)}\n`)
}

function copyFile(from, to) {
  fs.mkdirSync(path.dirname(to), {recursive: true})
  fs.copyFileSync(from, to)
}

function writeFile(file, text, mode = 0o644) {
  fs.mkdirSync(path.dirname(file), {recursive: true})
  fs.writeFileSync(file, text)
  fs.chmodSync(file, mode)
}
