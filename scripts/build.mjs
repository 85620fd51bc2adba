#!/usr/bin/env node
// `npm run build`: compiles src to dist with tsc, incrementally, and removes what a deleted source file left behind there; then compiles
// the checks of all commands ahead (compile-validators.mjs) and bundles the programs (bundle.mjs).
// dist is written even when types are wrong, so that a half-done change can be tried; the exit code says so.
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {bundlePrograms} from './bundle.mjs'
import {bundleAgent} from './bundle-agent.mjs'
import {compileValidators} from './compile-validators.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const sourceDir = path.join(root, 'src')
const outDir = path.join(root, 'dist')
// tsc believes its notes, not the folder that they are about: they lie in it, so that they go with it, and several working copies that
// share their packages do not read each other's.
const buildInfo = path.join(outDir, 'build.tsbuildinfo')

/** A folder that was emptied otherwise would stay so. */
function forgetStaleNotes() {
  if (!fs.existsSync(path.join(outDir, 'lib/cli/main.js'))) fs.rmSync(buildInfo, {force: true})
}

/** Removes compiled files whose source is gone; a stale command would otherwise still be found by oclif. */
function removeLeftovers() {
  if (!fs.existsSync(outDir)) return
  for (const name of fs.readdirSync(outDir, {recursive: true})) {
    if (!name.endsWith('.js') || name.startsWith('run') || name.startsWith('agent')) continue
    const source = path.join(sourceDir, name.replace(/\.js$/, '.ts'))
    if (!fs.existsSync(source)) fs.rmSync(path.join(outDir, name), {force: true})
  }
}

function makeExecutable(folder) {
  const dir = path.join(root, folder)
  if (!fs.existsSync(dir)) return
  for (const entry of fs.readdirSync(dir, {withFileTypes: true})) if (entry.isFile() && entry.name !== 'package.json') fs.chmodSync(path.join(dir, entry.name), 0o755)
}

forgetStaleNotes()
const compiler = spawnSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', path.join(root, 'tsconfig.json')], {stdio: 'inherit'})
removeLeftovers()
makeExecutable('bin')
makeExecutable('libexec')
process.exitCode = compiler.status ?? 1
await compileValidators(outDir).catch((error) => {
  console.error(`the checks could not be compiled ahead (ajv will do it at run time): ${error.message}`)
  process.exitCode = 1
})
await bundlePrograms(outDir)
await bundleAgent(outDir)
