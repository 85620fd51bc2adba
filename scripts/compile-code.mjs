#!/usr/bin/node
// Part of the Debian package, run when it is set up and when Node.js was replaced: lets V8 compile the bundled programs, so that no command has to
// wait for that, and removes what was made for other versions. Whatever goes wrong, programs work, and start a little later.
//   compile-code.mjs FOLDER
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

const limitMs = 120_000
const here = path.dirname(fileURLToPath(import.meta.url))
const [folder = '/var/cache/corral'] = process.argv.slice(2)

fs.mkdirSync(folder, {recursive: true, mode: 0o755})
const run = path.join(here, '../dist/run')
const wanted = new Set()
for (const script of fs.readdirSync(run).filter((name) => /^(?:main|worker)-[0-9a-f]{16}\.cjs$/.test(name))) {
  const [program] = script.split('-')
  const code = path.join(folder, script.replace(/cjs$/, 'code'))
  wanted.add(path.basename(code))
  // A package that is being set up starts no virtual machine, not even a small one of its own.
  const {status, stderr, error} = spawnSync(process.execPath, [path.join(here, 'code-cache.mjs'), program, path.join(run, script), code], {
    env: {PATH: process.env.PATH, LC_ALL: 'C', CORRAL_WITHOUT_GUEST: '1'}, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', timeout: limitMs, cwd: '/',
  })
  if (status === 0 && fs.existsSync(code)) continue
  const why = error?.code === 'ETIMEDOUT' ? `it took longer than ${limitMs / 1000} s` : (error?.message ?? stderr).trim()
  console.error(`corral: the code of ${program} could not be compiled ahead, and it starts a little later: ${why}`)
}
for (const name of fs.readdirSync(folder)) if (name.includes('.code') && !wanted.has(name)) fs.rmSync(path.join(folder, name), {force: true})
