#!/usr/bin/env node
// `npm run generate`: writes every file that is derived from the command specs and configuration schemas. `-- --check` writes nothing,
// names the files that differ, and exits 1 when there are any. Works on the built program, which it brings up to date first.
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {roffOf} from './man-roff.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const isCheck = process.argv.includes('--check')
const {version} = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))

/** Folders in which every file is generated; others found there are removed. */
const ownedFolders = [['src/commands', /\.ts$/], ['man', /\.[0-9]$/], ['completions', /(?:)/]]

function build() {
  const result = spawnSync(process.execPath, [path.join(root, 'scripts/build.mjs')], {stdio: ['ignore', 2, 2]})
  if (result.status !== 0) console.error('generate: the build reported errors; going on with what it wrote')
}

async function wantedFiles() {
  const {allGeneratedFiles} = await import('../dist/lib/cli/generated-files.js')
  const files = await allGeneratedFiles()
  return files.map(({path: name, content, isExecutable}) => {
    const manPage = /^man\/.*\.([0-9])$/.exec(name)
    return {name, isExecutable, content: manPage ? roffOf(content, {version: `Corral ${version}`, manual: {5: 'Corral file formats', 7: 'Corral concepts', 8: 'Corral daemons'}[manPage[1]] ?? 'Corral manual'}) : content}
  })
}

/** The manifest that oclif reads instead of loading every command; made by oclif itself from the built commands. */
async function manifestFile() {
  const {Plugin} = await import('@oclif/core')
  const plugin = new Plugin({root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true})
  await plugin.load()
  const commands = Object.fromEntries(Object.entries(plugin.manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1)))
  return {name: 'oclif.manifest.json', content: `${JSON.stringify({commands, version}, undefined, 2)}\n`}
}

/** Files in the folders that are ours alone and that nothing wants any more. */
function leftovers(files) {
  const wanted = new Set(files.map(({name}) => name))
  return ownedFolders.flatMap(([folder, ending]) => {
    const dir = path.join(root, folder)
    if (!fs.existsSync(dir)) return []
    return fs.readdirSync(dir, {recursive: true, withFileTypes: true})
      .filter((entry) => entry.isFile() && ending.test(entry.name))
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
      .filter((name) => !wanted.has(name))
  })
}

function isCurrent({name, content}) {
  const file = path.join(root, name)
  return fs.existsSync(file) && fs.readFileSync(file, 'utf8') === content
}

function write({name, content, isExecutable}) {
  const file = path.join(root, name)
  fs.mkdirSync(path.dirname(file), {recursive: true})
  fs.writeFileSync(file, content)
  if (isExecutable) fs.chmodSync(file, 0o755)
}

build()
const files = await wantedFiles()
const stale = files.filter((file) => !isCurrent(file))
const extra = leftovers(files)
if (!isCheck) {
  stale.forEach(write)
  for (const name of extra) fs.rmSync(path.join(root, name))
  if ([...stale.map(({name}) => name), ...extra].some((name) => name.startsWith('src/'))) build()
}
const manifest = await manifestFile()
if (!isCurrent(manifest)) {
  stale.push(manifest)
  if (!isCheck) write(manifest)
}
for (const {name} of stale) console.log(`${isCheck ? 'differs' : 'written'}: ${name}`)
for (const name of extra) console.log(`${isCheck ? 'not generated any more' : 'removed'}: ${name}`)
console.log(`generated files: ${files.length + 1}, ${stale.length + extra.length} ${isCheck ? 'differ' : 'changed'}`)
if (isCheck && stale.length + extra.length > 0) {
  console.log('Run npm run generate and look at the difference.')
  process.exitCode = 1
}
