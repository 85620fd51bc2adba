// Every exit code and every kind of error, through the built program: the code, and the object that `--output-format json` prints on stderr.
// A task that failed gives its kind to whoever waits for it, at once or later.
import {spawn, spawnSync} from 'node:child_process'
import {chmodSync, openSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {Ajv2020} from 'ajv/dist/2020.js'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {exitCodeMeanings, exitCodes} from '../../src/lib/cli/exit-codes.ts'
import {openSqliteStore} from '../../src/lib/store/sqlite/index.ts'
import {errorKinds, systemClock} from '../../src/lib/base/index.ts'
import {Installation} from '../e2e/support/installation.ts'
import {projectRoot} from '../hostile/support/program.ts'

const isErrorObject = new Ajv2020({strict: true}).compile(JSON.parse(readFileSync(join(projectRoot, 'docs/error.schema.json'), 'utf8')) as object)

let place: Installation
let broken: Installation
beforeAll(async () => {
  place = new Installation()
  await place.create(100)
  await place.create(101, {options: ['--args', '-nosuchoption']})
  await place.create(102)
  await place.mustQm('set', '102', '--lock', 'backup')
  await place.create(103, {options: ['--machine', 'pc-i440fx-99.0']})
  await place.mustQm('start', '100')
  // What nobody wrote on purpose: a fault of ours when it is met.
  broken = new Installation()
  await broken.create(100)
  const store = await openSqliteStore({path: join(broken.root, 'lib/store/config.db'), node: 'h1', clock: systemClock})
  await store.commit({put: {'journal/broken/head': '{'}})
  await store.close()
}, 120_000)
afterAll(async () => { for (const each of [place, broken]) await each.close() }, 60_000)

interface Case { readonly kind: keyof typeof exitCodes; readonly words: readonly string[]; readonly interruptedWhen?: RegExp; readonly asNobody?: boolean; readonly isBroken?: boolean; readonly stdoutPath?: string }

const cases: readonly Case[] = [
  {kind: 'internal', words: ['corral', 'doctor'], isBroken: true},
  {kind: 'invalid-input', words: ['qm', 'set', '100', '--memory', 'lots']},
  {kind: 'unsupported', words: ['qm', 'showcmd', '103']},
  {kind: 'not-found', words: ['qm', 'status', '999']},
  {kind: 'forbidden', words: ['qm', 'vncproxy', '100']},
  {kind: 'forbidden', words: ['qm', 'list'], asNobody: true},
  {kind: 'tool', words: ['qm', 'start', '101']},
  {kind: 'conflict', words: ['qm', 'start', '102']},
  {kind: 'unavailable', words: ['qm', 'wait', '100', '--timeout', '1']},
  {kind: 'unavailable', words: ['qm', 'list'], stdoutPath: '/dev/full'},
  {kind: 'cancelled', words: ['qm', 'wait', '100'], interruptedWhen: /waiting until/},
]

test('there is a case for every kind, and a meaning for every code', () => {
  // Who somebody is, is asked on the way to another host only (test/e2e/ssh-connection).
  expect(new Set([...cases.map(({kind}) => kind), 'unauthenticated'])).toEqual(new Set(errorKinds))
  expect(exitCodeMeanings.map(({code}) => code)).toEqual([...new Set([0, ...Object.values(exitCodes)])].toSorted((a, b) => a - b))
})

async function outcomeOf({words: [tool = '', ...words], interruptedWhen, asNobody = false, isBroken = false, stdoutPath}: Case): Promise<{code: number | null; stdout: string; stderr: string}> {
  const env = {PATH: process.env['PATH'], CORRAL_ROOT: (isBroken ? broken : place).root}
  const user = asNobody ? {uid: 65_534, gid: 65_534} : {}
  const child = spawn(process.execPath, [join(projectRoot, 'bin', tool), ...words], {env, cwd: '/', stdio: ['ignore', stdoutPath === undefined ? 'pipe' : openSync(stdoutPath, 'w'), 'pipe'], ...user})
  const out = {stdout: '', stderr: ''}
  let isInterrupted = false
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (data: Buffer) => {
      out[name] += data.toString()
      if (!isInterrupted && interruptedWhen?.test(out.stderr) === true) isInterrupted = child.kill('SIGINT')
    })
  }
  const code = await new Promise<number | null>((resolve, fail) => {
    child.once('error', fail)
    child.once('close', resolve)
  })
  return {code, ...out}
}

describe.each(cases)('$kind: $words', (each) => {
  // Another user has to get as far as being refused.
  beforeAll(() => { if (each.asNobody === true) chmodSync(place.root, 0o755) })

  test.skipIf(each.asNobody === true && process.getuid?.() !== 0)(`ends with ${exitCodes[each.kind]}`, async () => {
    const {code, stdout, stderr} = await outcomeOf(each)
    expect({code, stdout, stderr}).toMatchObject({code: exitCodes[each.kind], stdout: ''})
    expect(stderr).toMatch(/^Error: .+$/m)
  }, 60_000)

  test.skipIf(each.asNobody === true && process.getuid?.() !== 0)('says so as an object', async () => {
    const {code, stderr} = await outcomeOf({...each, words: [...each.words, '--output-format', 'json']})
    expect(code).toBe(exitCodes[each.kind])
    const line = stderr.trim().split('\n').at(-1) ?? ''
    const object = JSON.parse(line) as {error: {kind: string; exitCode: number}}
    expect(isErrorObject(object), JSON.stringify(isErrorObject.errors)).toBe(true)
    expect(object.error).toMatchObject({kind: each.kind, exitCode: exitCodes[each.kind]})
  }, 60_000)
})

describe('a task that failed', () => {
  test.each([['101', 5], ['102', 6]] as const)('gives its kind to whoever waits for it later (start of %s: %i)', async (vmid, code) => {
    const started = await place.call('qm', ['start', vmid, '--async'])
    expect(started).toMatchObject({code: 0, stderr: ''})
    const upid = started.stdout.trim()
    expect(upid).toMatch(/^UPID:/)
    for (const words of [[], ['--output-format', 'json']]) expect(await place.call('corral', ['task', 'wait', upid, ...words])).toMatchObject({code, stdout: ''})
    expect(await place.call('pvenode', ['task', 'status', upid])).toMatchObject({code: 0})
  }, 60_000)

  test('0 is for what worked, also of a task that warned', async () => {
    expect(await place.call('qm', ['shutdown', '100', '--timeout', '1', '--forceStop', '1'])).toMatchObject({code: 0, stdout: ''})
  }, 60_000)
})

test('a closed input asks nothing and hangs nothing', () => {
  const shell = (line: string) => spawnSync('bash', ['--norc', '-c', line], {env: {PATH: `${join(projectRoot, 'bin')}:${process.env['PATH']}`, CORRAL_ROOT: place.root}, encoding: 'utf8', timeout: 30_000})
  expect(shell('qm status 100 <&-')).toMatchObject({status: 0, stdout: 'status: stopped\n', stderr: ''})
  expect(shell('qm status 100 <&- >&- 2>&-')).toMatchObject({status: 0})
  expect(shell('yes | qm set 100 --name yes')).toMatchObject({status: 0, stderr: ''})
  expect(shell('qm destroy 101 >&- 2>&-; qm status 101 2>&-')).toMatchObject({status: 3, stdout: ''})
  expect(shell('set -o pipefail; qm config 100 | head -1 >/dev/null')).toMatchObject({status: 0, stderr: ''})
})
