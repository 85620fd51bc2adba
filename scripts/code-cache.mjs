// Part of the build (bundle.mjs): runs a bundled program as users do, in an installation of its own, and keeps the code that V8 compiled on the
// way, so that no user waits for that.
//   node scripts/code-cache.mjs PROGRAM SCRIPT CODE
// With CORRAL_WITHOUT_GUEST=1 no virtual machine is started, and the code of starting one is compiled by whoever starts the first.
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import {createRequire} from 'node:module'
import os from 'node:os'
import path from 'node:path'
import {Readable} from 'node:stream'
import {pathToFileURL, fileURLToPath} from 'node:url'
import vm from 'node:vm'

const [program, scriptFile, codeFile, root] = process.argv.slice(2)

/**
 * What the worker is told, one after the other: a life of a machine, which touches most of what tasks use. Where there is no QEMU the start
 * fails, and less is compiled.
 */
const machine = {vmid: 100, kvm: false, memory: '64', vga: 'none', net0: 'virtio', serial0: 'socket', scsi0: 'local:0.01'}
const orders = [
  {commandId: 'qm create', params: machine, type: 'qmcreate'},
  {commandId: 'qm start', params: {vmid: 100}, type: 'qmstart'},
  {commandId: 'qm stop', params: {vmid: 100}, type: 'qmstop'},
  {commandId: 'qm destroy', params: {vmid: 100}, type: 'qmdestroy'},
].filter(({commandId}) => process.env.CORRAL_WITHOUT_GUEST !== '1' || !/ (?:start|stop)$/.test(commandId)).map((order, index) => ({...order, id: '100', user: 'root@pam', starttime: index + 1}))

/** What main is told; the first ones fail, which compiles the way of errors. */
const commandLines = [['status', '99'], ['status', '100'], ['config', '100'], ['list'], ['list', '--output-format', 'json'], ['status', '--help']]

if (root === undefined) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'corral-build-'))
  try {
    const env = {PATH: process.env.PATH, CORRAL_ROOT: folder, CORRAL_NODE: 'build', CORRAL_WITHOUT_GUEST: process.env.CORRAL_WITHOUT_GUEST ?? '0'}
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), program, scriptFile, codeFile, folder], {env, stdio: ['ignore', 'ignore', 'inherit'], timeout: 60_000})
  } finally {
    fs.rmSync(folder, {recursive: true, force: true})
  }
} else {
  process.stderr.write = () => true
  const script = new vm.Script(fs.readFileSync(scriptFile, 'utf8'), {filename: scriptFile})
  const exit = process.exit
  await (program === 'worker' ? runOrders(script) : runCommandLines(script))
  fs.writeFileSync(`${codeFile}.${process.pid}`, script.createCachedData())
  fs.renameSync(`${codeFile}.${process.pid}`, codeFile)
  exit(0)
}

function load(script) {
  const exported = {}
  script.runInThisContext()(exported, createRequire(scriptFile), pathToFileURL(scriptFile).href, (name) => import(name))
  return exported
}

/** A worker reads one order and ends its process; here it ends its turn. */
async function runOrders(script) {
  for (const order of orders) {
    Object.defineProperty(process, 'stdin', {configurable: true, value: Readable.from([Buffer.from(JSON.stringify({...order, stderrPath: path.join(root, 'stderr')}))])})
    await new Promise((resolve) => {
      process.exit = resolve
      load(script)
    })
  }
}

async function runCommandLines(script) {
  const {main} = load(script)
  for (const words of commandLines) {
    process.argv.splice(2, Infinity, ...words)
    await main('qm')
  }
}
