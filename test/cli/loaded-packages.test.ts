// What a short command and the worker of a task load beside their own file: an import at the top of any module of ours is one that every
// command waits for, so packages are imported where they are used. Counted, not timed.
import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, expect, test} from 'vitest'

const projectRoot = path.resolve(import.meta.dirname, '../..')
const programs = path.join(projectRoot, 'dist/run')
const root = mkdtempSync(path.join(tmpdir(), 'corral-cli-'))
const recorder = path.join(root, 'recorder.cjs')
const record = path.join(root, 'loaded')
afterAll(() => rmSync(root, {recursive: true, force: true}))

// The one function that every require() ends in.
writeFileSync(recorder, `const Module = require('node:module')
const {appendFileSync} = require('node:fs')
const load = Module._load
Module._load = function (name, parent, ...rest) {
  appendFileSync(${JSON.stringify(record)}, name + '\\n')
  return load.call(this, name, parent, ...rest)
}
`)

/** The names that are loaded while a program runs: of packages, and of Node's own modules. */
function loadedBy(argv: readonly string[], input = ''): {packages: string[]; own: string[]} {
  writeFileSync(record, '')
  const env = {PATH: process.env['PATH'], CORRAL_ROOT: path.join(root, 'state'), CORRAL_NODE: 'h1'}
  const {status, stderr} = spawnSync(process.execPath, ['--require', recorder, ...argv], {env, input, encoding: 'utf8', timeout: 60_000})
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  const names = [...new Set(readFileSync(record, 'utf8').trim().split('\n'))]
  return {packages: names.filter((name) => installed.has(name.split('/')[0] ?? '')), own: names.filter((name) => name.startsWith('node:'))}
}

const installed = new Set(readdirSync(path.join(projectRoot, 'node_modules')))

/** SQLite's binding and what finds it; the length of a string for compiled checks. */
const allowed = ['sqlite3', 'bindings', 'file-uri-to-path', 'ajv/dist/runtime/ucs2length']

test('a worker loads SQLite and no other package', () => {
  mkdirSync(path.join(root, 'state'))
  const order = {commandId: 'qm create', params: {vmid: 100, kvm: false, memory: '64', net0: 'virtio'}, type: 'qmcreate', id: '100', user: 'root@pam', starttime: 1, stderrPath: path.join(root, 'stderr')}
  const {packages} = loadedBy([path.join(programs, 'worker.cjs')], JSON.stringify(order))
  expect(packages.filter((name) => !allowed.includes(name))).toEqual([])
})

test.each([['status', '100'], ['config', '100'], ['list'], ['pending', '100']])('qm %s loads SQLite, no other package, and little of Node', (...words) => {
  const {packages, own} = loadedBy([path.join(projectRoot, 'bin/qm'), ...words])
  expect(packages.filter((name) => !allowed.includes(name))).toEqual([])
  expect(own.filter((name) => ['node:crypto', 'node:net', 'node:child_process', 'node:readline', 'node:stream/promises'].includes(name))).toEqual([])
})

test('programs that users wait for are one file, in ASCII', () => {
  for (const name of readdirSync(programs).filter((file) => /^(?:main|worker)-.*\.cjs$/.test(file))) {
    expect(/[^\0-\x7f]/.test(readFileSync(path.join(programs, name), 'utf8')), name).toBe(false)
  }
})
