// What Ctrl-C does to a command that waits, in the built program.
import {spawn, spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest'

const bin = path.resolve(import.meta.dirname, '../../bin')
const root = mkdtempSync(path.join(tmpdir(), 'corral-cli-'))
const env = {...process.env, CORRAL_ROOT: root, CORRAL_NODE: 'h1', NO_COLOR: '1'}
const qm = (...words: string[]) => spawnSync(path.join(bin, 'qm'), words, {env, encoding: 'utf8', timeout: 60_000})

beforeAll(() => {
  expect(qm('create', '100', '--memory', '64', '--kvm', '0', '--vga', 'none')).toMatchObject({status: 0})
  expect(qm('start', '100')).toMatchObject({status: 0, stdout: ''})
}, 120_000)

afterAll(async () => {
  qm('stop', '100')
  // What watches guests may still be writing its last words.
  await vi.waitFor(() => { rmSync(root, {recursive: true, force: true}) }, {timeout: 30_000, interval: 100})
}, 120_000)

/** Starts a waiting command and sends it signals when it says that it waits. */
async function interrupted(words: readonly string[], signals: readonly NodeJS.Signals[]): Promise<{code: number | null; signal: string | null; stderr: string}> {
  const child = spawn(path.join(bin, 'qm'), words, {env, stdio: ['ignore', 'ignore', 'pipe']})
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  const ended = new Promise<{code: number | null; signal: string | null}>((resolve) => child.on('close', (code, signal) => resolve({code, signal})))
  await expect.poll(() => stderr, {timeout: 20_000}).toContain('waiting until')
  for (const signal of signals) child.kill(signal)
  return {...await ended, stderr}
}

describe('a command that waits', () => {
  test.each([[['SIGINT']], [['SIGTERM']], [['SIGHUP']], [['SIGINT', 'SIGINT']]] as const)('ends with 130 after %j', async (signals) => {
    const {code, signal, stderr} = await interrupted(['wait', '100'], signals)
    expect({code, signal}).toEqual({code: 130, signal: null})
    if (signals.length === 1) expect(stderr).toMatch(/^waiting until .*\nError: the operation was cancelled\n$/)
  }, 60_000)

  test('leaves what it waited for alone', () => {
    expect(qm('status', '100').stdout).toBe('status: running\n')
  })
})

test('a stop that overrules ends a shutdown that waits for the guest', async () => {
  const shutdown = spawn(path.join(bin, 'qm'), ['shutdown', '100', '--timeout', '120'], {env, stdio: 'ignore'})
  const ended = new Promise<number | null>((resolve) => shutdown.on('close', resolve))
  await expect.poll(() => spawnSync(path.join(bin, 'pvenode'), ['task', 'list', '--source', 'active', '--output-format', 'json'], {env, encoding: 'utf8'}).stdout, {timeout: 20_000}).toContain('qmshutdown')
  expect(qm('stop', '100', '--overrule-shutdown', '1')).toMatchObject({status: 0})
  expect(await ended).not.toBe(0)
  expect(qm('status', '100').stdout).toBe('status: stopped\n')
  expect(qm('start', '100')).toMatchObject({status: 0})
}, 90_000)

test('a task goes on when its caller is killed', async () => {
  const start = spawn(path.join(bin, 'qm'), ['shutdown', '100', '--timeout', '2', '--forceStop', '1'], {env, stdio: 'ignore'})
  await expect.poll(() => spawnSync(path.join(bin, 'pvenode'), ['task', 'list', '--source', 'active', '--output-format', 'json'], {env, encoding: 'utf8'}).stdout, {timeout: 20_000}).toContain('qmshutdown')
  start.kill('SIGKILL')
  await expect.poll(() => qm('status', '100').stdout, {timeout: 30_000}).toBe('status: stopped\n')
}, 90_000)
