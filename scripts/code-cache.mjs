// Part of the build (bundle.mjs): runs a bundled program as users do, in an installation of its own, and keeps the code that V8 compiled on the
// way, so that no user waits for that.
//   node scripts/code-cache.mjs PROGRAM SCRIPT CODE
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import {createRequire} from 'node:module'
import os from 'node:os'
import path from 'node:path'
import {pathToFileURL, fileURLToPath} from 'node:url'
import vm from 'node:vm'

const [program, scriptFile, codeFile, root] = process.argv.slice(2)

/** What the worker is told (tasks/start-task.ts): to create a machine, which touches most of what tasks use. */
const order = {commandId: 'qm create', params: {vmid: 100, kvm: false, memory: '64'}, type: 'qmcreate', id: '100', user: 'root@pam', starttime: 1}

/** What main is told; the first ones fail, which compiles the way of errors. */
const commandLines = [['status', '99'], ['status', '100'], ['config', '100'], ['list'], ['list', '--output-format', 'json'], ['status', '--help']]

if (root === undefined) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'corral-build-'))
  try {
    const env = {PATH: process.env.PATH, CORRAL_ROOT: folder, CORRAL_NODE: 'build'}
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), program, scriptFile, codeFile, folder], {env, input: JSON.stringify(order), stdio: ['pipe', 'ignore', 'inherit'], timeout: 60_000})
  } finally {
    fs.rmSync(folder, {recursive: true, force: true})
  }
} else {
  process.stderr.write = () => true
  const script = new vm.Script(fs.readFileSync(scriptFile, 'utf8'), {filename: scriptFile})
  process.on('exit', () => {
    fs.writeFileSync(`${codeFile}.${process.pid}`, script.createCachedData())
    fs.renameSync(`${codeFile}.${process.pid}`, codeFile)
  })
  const exported = {}
  script.runInThisContext()(exported, createRequire(scriptFile), pathToFileURL(scriptFile).href, (name) => import(name))
  for (const words of exported.main === undefined ? [] : commandLines) {
    process.argv.splice(2, Infinity, ...words)
    await exported.main('qm')
  }
}
