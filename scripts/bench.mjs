#!/usr/bin/env node
// `npm run bench`: measures what can be measured now, each case interleaved with its reference in one run, and prints one table
// (`--json` for programs). A ratio of medians; it never fails a build. `--only WORD` runs the cases whose name holds WORD.
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {performance} from 'node:perf_hooks'
import {benchBackup} from './bench/backup.mjs'
import {benchCompletion} from './bench/completion.mjs'
import {benchContainerStart} from './bench/container-start.mjs'
import {benchIncrementalBackup} from './bench/incremental-backup.mjs'
import {benchRemote} from './bench/remote.mjs'
import {ensureBuild, projectRoot, setUp} from './setup.mjs'

const pairs = Number(process.env.CORRAL_BENCH_PAIRS ?? 15)
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined
const asJson = process.argv.includes('--json')

setUp(() => ensureBuild())
const root = fs.mkdtempSync('/tmp/corral-bench-')
const env = {...process.env, CORRAL_ROOT: root, CORRAL_NODE: 'bench'}
const bin = (tool) => path.join(projectRoot, 'bin', tool)

const {openSqliteStore} = await import(path.join(projectRoot, 'dist/lib/store/sqlite/index.js'))
const {systemClock} = await import(path.join(projectRoot, 'dist/lib/base/index.js'))

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Milliseconds that a program takes. @throws when it ends otherwise than expected */
function timeProgram(argv, okExitCodes = [0], programEnv = env) {
  const startedAt = performance.now()
  const result = spawnSync(argv[0], argv.slice(1), {env: programEnv, stdio: ['ignore', 'ignore', 'pipe']})
  const elapsedMs = performance.now() - startedAt
  if (!okExitCodes.includes(result.status)) throw new Error(`'${argv.join(' ')}' ended with ${result.status}: ${result.stderr}`)
  return elapsedMs
}

/** A B A B … after one warm-up each; gives both medians. */
async function interleave(ours, reference, count = pairs) {
  const samples = {ours: [], reference: []}
  for (let round = -1; round < count; round++) {
    const a = await ours()
    const b = await reference()
    if (round >= 0) { samples.ours.push(a); samples.reference.push(b) }
  }
  return {ours: median(samples.ours), reference: median(samples.reference)}
}

const rows = []
const isWanted = (name) => !only || name.includes(only)
async function compare(name, unit, target, ours, reference, {atLeast = false, count} = {}) {
  if (!isWanted(name)) return
  try {
    const result = await interleave(ours, reference, count)
    const ratio = result.ours / result.reference
    rows.push({case: name, ours: result.ours, reference: result.reference, unit, ratio, target: `${atLeast ? '>=' : '<='} ${target}`, met: atLeast ? ratio >= target : ratio <= target})
  } catch (error) {
    refuse(name, unit, target, error, {atLeast})
  }
}

/** The row of a case that could not be measured. */
function refuse(name, unit, target, error, {atLeast = false} = {}) {
  if (isWanted(name)) rows.push({case: name, unit, error: error.message.split('\n')[0], target: `${atLeast ? '>=' : '<='} ${target}`, met: false})
}

/** The row of a figure that has neither reference nor target. */
function record(name, unit, measure) {
  if (!isWanted(name)) return
  try {
    rows.push({case: name, ours: measure(), unit})
  } catch (error) {
    rows.push({case: name, unit, error: error.message.split('\n')[0]})
  }
}

/** Fills a store with guests as `qm create` writes them. */
async function fillGuests(folder, count, node = 'bench') {
  const store = await openSqliteStore({path: path.join(folder, 'lib/store/config.db'), node, clock: systemClock})
  const config = (vmid) => `boot: order=scsi0\ncores: 2\nmemory: 2048\nname: guest-${vmid}\nnet0: virtio=BC:24:11:00:00:01\nscsi0: local:${vmid}/vm-${vmid}-disk-0.qcow2,size=32G\nscsihw: virtio-scsi-pci\n`
  for (let start = 0; start < count; start += 500) {
    const put = {}
    for (let index = start; index < Math.min(start + 500, count); index++) put[`nodes/${node}/qemu-server/${100 + index}.conf`] = config(100 + index)
    await store.commit({put})
  }
  await store.close()
}

/** A store as commands have it: one that keeps the names for completion. */
async function openNamedStore(folder) {
  const [{toldStore}, {nameKeeper}, {hasNames}, {localHost}] = await Promise.all(['tasks/told-store.js', 'completion/name-keeper.js', 'completion/named-paths.js', 'host/local/index.js']
    .map((file) => import(path.join(projectRoot, 'dist/lib', file))))
  const opened = await openSqliteStore({path: path.join(folder, 'ours/config.db'), node: 'bench', clock: systemClock})
  const places = {stateDir: folder, runDir: folder, logDir: folder, root: folder}
  return toldStore(opened, {concerns: hasNames, tell: (store) => nameKeeper.afterCommits({store, host: localHost('bench'), places, node: 'bench'})}, systemClock)
}

const bareNode = () => timeProgram([process.execPath, '-e', '0'])

await fillGuests(root, 100)
await compare('start-up: qm status 100', 'ms', 1.8, () => timeProgram([bin('qm'), 'status', '100']), bareNode)
await compare('start-up: refused input', 'ms', 1.8, () => timeProgram([bin('qm'), 'set', '100', '--memory', 'much'], [2]), bareNode)
await compare('start-up: help page', 'ms', 1.8, () => timeProgram([bin('qm'), 'start', '--help']), bareNode)
await compare('local read: qm config 100', 'ms', 2, () => timeProgram([bin('qm'), 'config', '100']), bareNode)
await compare('local read: qm list, 100 guests', 'ms', 2, () => timeProgram([bin('qm'), 'list']), bareNode)

await benchRemote({compare, record, refuse, isWanted, timeProgram, bareNode, fillGuests})

benchCompletion({rows, refuse, isWanted, median, pairs})

const bigRoot = fs.mkdtempSync('/tmp/corral-bench-')
await fillGuests(bigRoot, 10_000)
await compare('scale: qm list json, 10,000 guests', 'ms', 20, () => {
  const startedAt = performance.now()
  const result = spawnSync(bin('qm'), ['list', '--output-format', 'json'], {env: {...env, CORRAL_ROOT: bigRoot}, maxBuffer: 64 * 2 ** 20})
  if (result.status !== 0) throw new Error(`qm list ended with ${result.status}`)
  return performance.now() - startedAt
}, () => timeProgram([bin('qm'), 'list', '--output-format', 'json']), {count: 5})

/** Commits per second of `write`, over a fixed number of writes. */
async function commitsPerSecond(count, write) {
  const startedAt = performance.now()
  for (let index = 0; index < count; index++) await write(index)
  return (count * 1000) / (performance.now() - startedAt)
}

if (!only || 'durable writes, config write cost'.includes(only)) {
  const require = (await import('node:module')).createRequire(import.meta.url)
  const sqlite3 = require('sqlite3')
  const folder = fs.mkdtempSync('/tmp/corral-bench-')
  const store = await openNamedStore(folder)
  const bare = new sqlite3.Database(path.join(folder, 'bare.db'))
  const exec = (sql) => new Promise((resolve, reject) => { bare.exec(sql, (error) => (error ? reject(error) : resolve())) })
  await exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE files (path TEXT PRIMARY KEY, data TEXT)')
  const statement = bare.prepare('INSERT OR REPLACE INTO files VALUES (?, ?)')
  const runBare = (key, text) => new Promise((resolve, reject) => { statement.run(key, text, (error) => (error ? reject(error) : resolve())) })
  const text = 'x'.repeat(1024)
  await compare('durable writes: 1 KiB, one writer', '1/s', 0.7,
    () => commitsPerSecond(200, (index) => store.commit({put: {[`nodes/bench/qemu-server/${100 + (index % 50)}.conf`]: text}})),
    () => commitsPerSecond(200, (index) => runBare(`bench/${index % 50}`, text)), {atLeast: true, count: 10})
  const written = () => Number(/^write_bytes: (\d+)$/m.exec(fs.readFileSync('/proc/self/io', 'utf8'))[1])
  await compare('config write cost: 4 KiB', 'bytes', 10, async () => {
    const before = written()
    for (let index = 0; index < 100; index++) await store.commit({put: {'nodes/bench/qemu-server/100.conf': `name: n${index}\n#`.padEnd(4096, 'y')}})
    return (written() - before) / 100
  }, () => 4096, {count: 5})
  await store.close()
  await new Promise((resolve) => { statement.finalize(() => bare.close(resolve)) })
  fs.rmSync(folder, {recursive: true, force: true})
}

/** Starts an argv bare and waits until its QMP socket greets. Gives milliseconds. */
async function timeBareQemu(argv, qmpPath) {
  const net = await import('node:net')
  const startedAt = performance.now()
  const result = spawnSync(argv[0], argv.slice(1), {stdio: 'ignore'})
  if (result.status !== 0) throw new Error(`QEMU ended with ${result.status}`)
  await new Promise((resolve, reject) => {
    const socket = net.connect(qmpPath)
    socket.once('data', () => {
      resolve()
      socket.end('{"execute":"qmp_capabilities"}{"execute":"quit"}')
    })
    socket.once('error', reject)
  })
  return performance.now() - startedAt
}

if (!only || 'VM start'.includes(only)) {
  const create = spawnSync(bin('qm'), ['create', '9000', '--memory', '64', '--kvm', '0', '--net0', 'virtio', '--vga', 'none', '--serial0', 'socket'], {env, encoding: 'utf8'})
  const shown = spawnSync(bin('qm'), ['showcmd', '9000'], {env, encoding: 'utf8'})
  if (create.status !== 0 || shown.status !== 0) {
    rows.push({case: 'VM start: until QMP answers', unit: 'ms', error: (create.stderr + shown.stderr).split('\n')[0], target: '<= 1.5', met: false})
  } else {
    const {shellSplit} = await import(path.join(projectRoot, 'dist/lib/spec/shell-words.js'))
    const argv = shellSplit(shown.stdout)
    const qmpPath = path.join(root, 'run/qemu-server/9000.qmp')
    await compare('VM start: until QMP answers', 'ms', 1.5, () => {
      const elapsedMs = timeProgram([bin('qm'), 'start', '9000'])
      timeProgram([bin('qm'), 'stop', '9000'])
      return elapsedMs
    }, async () => {
      const nodes = bareNode() + bareNode()
      const bareMs = await timeBareQemu(argv, qmpPath)
      await new Promise((resolve) => { setTimeout(resolve, 300) })
      return nodes + bareMs
    }, {count: 10})
  }
}
spawnSync(bin('qm'), ['destroy', '9000'], {env})
await benchContainerStart({compare, refuse, isWanted, timeProgram, bareNode, bin, env, root})
await benchBackup({compare, refuse, rows, isWanted, median, bin, env, root})
await benchIncrementalBackup({rows, refuse, isWanted, median, bin, env, root})
fs.rmSync(root, {recursive: true, force: true})
fs.rmSync(bigRoot, {recursive: true, force: true})

const machine = `${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, Linux ${os.release()}`
if (asJson) {
  console.log(JSON.stringify({machine, rows}, null, 2))
} else {
  console.log(`${machine}; medians of interleaved pairs\n`)
  console.log('| case | ours | reference | ratio | target | met |\n|---|---|---|---|---|---|')
  for (const row of rows) {
    const compared = row.ratio === undefined ? ' | ' : `${row.reference.toFixed(1)} ${row.unit} | ${row.ratio.toFixed(2)}`
    const figures = row.error ? `${row.error} | | ` : `${row.ours.toFixed(1)} ${row.unit} | ${compared}`
    console.log(`| ${row.case} | ${figures} | ${row.target ?? ''} | ${row.target === undefined ? '' : row.met ? 'yes' : 'no'} |`)
  }
}
