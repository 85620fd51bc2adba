// Hosts over SSH as a person uses them: three real SSH servers, `corral host add`, and then the same commands as at home.
import {spawn} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {openSshLab, type SshLab} from '../support/ssh-lab.ts'
import type {Answer} from './support/installation.ts'

const binFolder = process.env['CORRAL_TEST_BIN'] ?? resolve(import.meta.dirname, '../../bin')
const names = ['h1', 'h2', 'h3'] as const
let lab: SshLab
let root: string

beforeAll(async () => {
  lab = await openSshLab({hosts: names, network: 'namespaces'})
  root = mkdtempSync('/tmp/ce-')
}, 60_000)
afterAll(async () => {
  await lab.close()
  rmSync(root, {recursive: true, force: true})
}, 60_000)

function call(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const startedAt = performance.now()
  const child = spawn(join(binFolder, 'corral'), words, {
    stdio: ['ignore', 'pipe', 'pipe'], env: {PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', HOME: lab.home, CORRAL_ROOT: root, CORRAL_NODE: 'desk',
      // The agent that is on the host now is meant, not one that is kept from before (ssh-keeper.test.ts).
      CORRAL_KEEPER: 'no', ...env},
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => { stdout += data.toString() })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (code) => { done({code, stdout, stderr, tookMs: performance.now() - startedAt}) })
  })
}

async function must(...words: string[]): Promise<string> {
  const answer = await call(words)
  if (answer.code !== 0) throw new Error(`corral ${words.join(' ')} ended with ${answer.code}: ${answer.stderr}`)
  return answer.stdout
}

const contextsFile = () => join(lab.home, '.config/corral/contexts.yaml')
const agentOf = (name: string) => lab.host(name).agentPath
const add = (name: string, ...more: string[]) => call(['host', 'add', name, '--context', 'lab', '--agent', agentOf(name), ...more])

describe('corral host add', () => {
  test('with --dry-run shows what would be done and does nothing', async () => {
    const {code, stdout} = await add('h1', '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toContain(`scp corral-agent.mjs h1:${join(lab.host('h1').root, 'agent')}/corral-agent.mjs # sha256 `)
    expect(existsSync(agentOf('h1'))).toBe(false)
    expect(existsSync(contextsFile())).toBe(false)
  })

  test('makes the hosts ready and writes them down, privately', async () => {
    for (const name of names) {
      const answer = await add(name)
      expect(answer, answer.stderr).toMatchObject({code: 0, stdout: ''})
    }
    expect(JSON.parse(await must('host', 'list', '--output-format', 'json'))).toEqual(names.map((name) => ({context: 'lab', name, ssh: name, node: name, current: 1})))
  })

  test('repeated, has nothing to install', async () => {
    expect(await add('h2', '--dry-run')).toMatchObject({code: 0, stdout: 'Nothing would be changed.\n'})
    expect(await add('h2')).toMatchObject({code: 0, stdout: '', stderr: expect.stringContaining('h2 is ready and written down already: nothing to do.') as string})
  })

  test('a damaged agent is put right by update', async () => {
    const file = join(lab.host('h2').root, 'agent/corral-agent.mjs')
    const whole = readFileSync(file)
    const {writeFileSync} = await import('node:fs')
    writeFileSync(file, 'throw new Error("damaged")')
    expect((await call(['qm', 'list', '--on', 'h2'])).code).not.toBe(0)
    await must('host', 'update')
    expect(readFileSync(file).equals(whole)).toBe(true)
    await must('qm', 'list', '--on', 'h2')
  })

  test('refuses a host whose key is not known, and one whose key has changed', async () => {
    const {writeFileSync} = await import('node:fs')
    const known = join(lab.home, '.ssh/known_hosts')
    const before = readFileSync(known, 'utf8')
    writeFileSync(known, '')
    const unknown = await add('h1')
    expect([unknown.code, unknown.stderr]).toEqual([4, expect.stringContaining('is not known')])
    writeFileSync(known, before)
  })

  test('works through sudo', async () => {
    const answer = await call(['host', 'add', 'viasudo', 'admin@h3', '--context', 'sudo', '--agent', agentOf('h3')])
    expect(answer, answer.stderr).toMatchObject({code: 0})
    expect((await call(['host', 'add', 'plain', 'plain@h3', '--context', 'sudo', '--agent', agentOf('h3')])).stderr).toContain('sudo')
    await must('host', 'remove', 'viasudo', '--context', 'sudo', '--keep-agent')
  })
})

describe('several hosts', () => {
  test('have one listing, and a guest is found wherever it is', async () => {
    await must('qm', 'create', '101', '--name', 'web', '--memory', '64', '--kvm', '0', '--on', 'h1')
    await must('qm', 'create', '102', '--name', 'db', '--memory', '64', '--kvm', '0', '--on', 'h2')
    expect((await must('qm', 'list')).trim().split('\n').map((line) => line.trim().split(/\s+/).slice(0, 4))).toEqual([
      ['NODE', 'VMID', 'NAME', 'STATUS'], ['h1', '101', 'web', 'stopped'], ['h2', '102', 'db', 'stopped'],
    ])
    expect(await must('qm', 'config', 'db')).toContain('name: db')
    expect((await must('pvesm', 'status')).trim().split('\n').map((line) => line.split(/\s+/).slice(0, 2))).toEqual([['NODE', 'Name'], ...names.map((name) => [name, 'local'])])
    const tasks = JSON.parse(await must('pvenode', 'task', 'list', '--output-format', 'json')) as {upid: string; node: string}[]
    expect(tasks.map(({node}) => node).sort()).toEqual(['h1', 'h2'])
    expect(await must('pvenode', 'task', 'status', tasks[0]?.upid ?? '')).toContain('exitstatus: OK')
  })

  test('the same VMID on two hosts is refused, naming them', async () => {
    await must('qm', 'create', '101', '--memory', '64', '--on', 'h3')
    const {code, stderr} = await call(['qm', 'destroy', '101'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('there are several guests 101: h1, h3')])
    await must('qm', 'destroy', '101', '--on', 'h3')
    expect(await must('qm', 'status', '101')).toBe('status: stopped\n')
  })

  test('check tells what each can do', async () => {
    const checked = JSON.parse(await must('host', 'check', '--output-format', 'json')) as {name: string; node: string; qemu: string}[]
    expect(checked.map(({name, node}) => [name, node])).toEqual(names.map((name) => [name, name]))
    expect(await must('host', 'check', 'h1')).toMatch(/^h1 \(h1\)\n {2}system: /)
  })

  test('one that is down is a warning and exit code 7, within a bounded time', async () => {
    await lab.host('h3').cutNetwork()
    try {
      const {code, stdout, stderr, tookMs} = await call(['qm', 'list'])
      expect([code, stderr]).toEqual([7, expect.stringMatching(/^Warning: h3: /)])
      expect(stdout.trim().split('\n')).toHaveLength(3)
      expect(tookMs).toBeLessThan(30_000)
    } finally {
      await lab.host('h3').restoreNetwork()
    }
  })
})

describe('corral host remove', () => {
  test('removes the agent and the entry, and leaves guests alone', async () => {
    await must('host', 'remove', 'h1')
    expect(existsSync(agentOf('h1'))).toBe(false)
    expect(await must('host', 'list')).not.toContain('h1')
    expect((await add('h1')).code).toBe(0)
    expect(await must('qm', 'status', '101')).toBe('status: stopped\n')
  })
})
