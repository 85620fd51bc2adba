// What a person at a desk meets with hosts over SSH: questions on their terminal, and connections that are lost in the middle of a task.
import {spawn} from 'node:child_process'
import type {ChildProcessWithoutNullStreams} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {openSshLab} from '../support/ssh-lab.ts'
import type {SshLab} from '../support/ssh-lab.ts'

const binFolder = process.env['CORRAL_TEST_BIN'] ?? resolve(import.meta.dirname, '../../bin')
let lab: SshLab
let root = ''

beforeAll(async () => {
  lab = await openSshLab({hosts: ['h1'], network: 'namespaces'})
  root = mkdtempSync('/tmp/ce-')
}, 60_000)
afterAll(async () => {
  await lab.close()
  rmSync(root, {recursive: true, force: true})
}, 60_000)

interface Call {
  readonly child: ChildProcessWithoutNullStreams
  readonly shown: () => string
  readonly ended: Promise<number | null>
}

/** Types a command, on a pseudo-terminal that script(1) makes or on pipes. */
function type(words: readonly string[], {onTerminal = false} = {}): Call {
  const argv = [join(binFolder, words[0] ?? ''), ...words.slice(1)]
  const [program = '', ...args] = onTerminal ? ['script', '--quiet', '--return', '--command', argv.join(' '), '/dev/null'] : argv
  // Detached, so in a session of its own: a terminal of whoever runs the tests is not asked.
  const child = spawn(program, args, {
    detached: true,
    env: {PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', TERM: 'xterm', SHELL: '/bin/sh', HOME: lab.home, CORRAL_ROOT: root, CORRAL_NODE: 'desk', CORRAL_KEEPER: 'no'}, stdio: 'pipe',
  })
  let shown = ''
  child.stdout.on('data', (data: Buffer) => { shown += data.toString() })
  child.stderr.on('data', (data: Buffer) => { shown += data.toString() })
  child.stdin.on('error', () => undefined)
  return {child, shown: () => shown, ended: new Promise((done) => { child.once('close', done) })}
}

const answers = async (words: readonly string[]): Promise<string> => {
  const call = type(words)
  const code = await call.ended
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${call.shown()}\n${lab.host('h1').log().slice(-2000)}`)
  return call.shown()
}

describe('questions', () => {
  const knownHosts = () => join(lab.home, '.ssh/known_hosts')

  test('an unknown host: shown and asked on the terminal, refused in a script', async () => {
    writeFileSync(knownHosts(), '')
    const add = ['corral', 'host', 'add', 'h1', '--context', 'lab', '--agent', lab.host('h1').agentPath]
    const script = type(add)
    expect(await script.ended).toBe(4)
    expect(script.shown()).toContain('is not known')
    const person = type(add, {onTerminal: true})
    await expect.poll(person.shown, {timeout: 20_000}).toContain('Trust it and remember it?')
    expect(person.shown()).toMatch(/ED25519 key has the fingerprint SHA256:[A-Za-z0-9+/]{43}\./)
    person.child.stdin.write('yes\n')
    expect(await person.ended, person.shown()).toBe(0)
    expect(readFileSync(knownHosts(), 'utf8')).toContain((await lab.host('h1').hostKey()).split(' ')[1])
  })

  test('a passphrase: asked without being shown; who takes their time is not cut off', async () => {
    const key = await lab.makeKey('id_closed', {passphrase: 'open sesame'})
    await lab.host('h1').authorize('root', key.publicKey)
    const config = join(lab.home, '.ssh/config')
    const before = readFileSync(config, 'utf8')
    writeFileSync(config, before.replace(/IdentityFile .*/, `IdentityFile ${key.path}`))
    try {
      const script = type(['qm', 'list'])
      expect(await script.ended).toBe(4)
      expect(script.shown()).toMatch(/ssh-add/)
      const person = type(['qm', 'list', '--output-format', 'json'], {onTerminal: true})
      await expect.poll(person.shown, {timeout: 20_000}).toContain('Passphrase for the key')
      await new Promise((done) => { setTimeout(done, 12_000) })
      person.child.stdin.write('open sesamx\u007fe\r')
      expect(await person.ended, person.shown()).toBe(0)
      expect(person.shown()).toContain('[]')
      expect(person.shown()).not.toContain('sesame')
    } finally {
      writeFileSync(config, before)
    }
  })
})

describe('a connection that is lost', () => {
  /** A guest that nobody shuts down: the task waits for it as long as it is told to. */
  const startWaiting = async (): Promise<{call: Call; upid: string}> => {
    const call = type(['qm', 'shutdown', '100', '--timeout', '12', '--forceStop', '1'])
    const upid = async () => (JSON.parse(await answers(['pvenode', 'task', 'list', '--source', 'active', '--output-format', 'json'])) as {upid: string}[])[0]?.upid ?? ''
    await expect.poll(upid, {timeout: 10_000, interval: 300}).not.toBe('')
    return {call, upid: await upid()}
  }

  beforeAll(async () => {
    await answers(['qm', 'create', '100', '--memory', '64', '--kvm', '0'])
  }, 60_000)

  test.each([
    ['its server is killed and comes back', async () => { await lab.host('h1').kill(); await new Promise((done) => { setTimeout(done, 1000) }); await lab.host('h1').start() }],
    ['its client is killed', undefined],
  ])('%s: the task goes on and ends once', async (_what, harm) => {
    await answers(['qm', 'start', '100'])
    const {call, upid} = await startWaiting()
    if (harm === undefined) {
      if (call.child.pid !== undefined) process.kill(call.child.pid, 'SIGKILL')
      await call.ended
    } else {
      await harm()
      expect(await call.ended, call.shown()).toBe(0)
      expect(call.shown()).toMatch(/The connection to h1 was lost; the task goes on/)
    }
    await answers(['corral', 'task', 'wait', upid])
    const tasks = JSON.parse(await answers(['pvenode', 'task', 'list', '--source', 'all', '--output-format', 'json'])) as {upid: string; type: string; status: string}[]
    expect(tasks.filter((task) => task.upid === upid)).toHaveLength(1)
    expect(JSON.parse(await answers(['qm', 'status', '100', '--output-format', 'json']))).toMatchObject({status: 'stopped'})
  })

  test('a host that stays away: the client says how the task is found again, exit code 7', async () => {
    await answers(['qm', 'start', '100'])
    const {call, upid} = await startWaiting()
    await lab.host('h1').kill()
    try {
      expect(await call.ended).toBe(7)
      expect(call.shown()).toContain(`${upid} --on h1`)
    } finally {
      await lab.host('h1').start()
    }
    await answers(['corral', 'task', 'wait', upid])
  }, 120_000)
})
