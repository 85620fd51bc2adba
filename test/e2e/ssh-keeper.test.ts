// The connection keeper with a real SSH server: the second command costs little, and a host that was restarted, or has another key, is
// reached anew with all checks.
import {spawn} from 'node:child_process'
import {cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {scaledCount} from '../support/rounds.ts'
import {openSshLab, type SshLab} from '../support/ssh-lab.ts'

const repositoryRoot = resolve(import.meta.dirname, '../..')
let lab: SshLab
let runtime: string

beforeAll(async () => {
  lab = await openSshLab({hosts: ['h1'], network: 'loopback'})
  runtime = mkdtempSync('/tmp/ck-')
  const {root} = lab.host('h1')
  mkdirSync(join(root, 'agent'), {recursive: true})
  cpSync(join(repositoryRoot, 'dist/agent'), join(root, 'agent'), {recursive: true})
  writeFileSync(join(root, 'agent/environment'), `CORRAL_ROOT=${root}\nCORRAL_NODE=h1\n`)
  mkdirSync(join(lab.home, '.config/corral'), {recursive: true, mode: 0o700})
  writeFileSync(join(lab.home, '.config/corral/contexts.yaml'), `current: lab\ncontexts: {lab: {hosts: [{name: h1, ssh: h1, agent: ${lab.host('h1').agentPath}}]}}\n`, {mode: 0o600})
}, 60_000)
afterAll(async () => {
  for (const pid of keepers()) process.kill(pid, 'SIGTERM')
  await lab.close()
  rmSync(runtime, {recursive: true, force: true})
}, 60_000)

function list(): Promise<{code: number | null; stdout: string; stderr: string; tookMs: number}> {
  const startedAt = performance.now()
  const child = spawn(join(repositoryRoot, 'bin/corral'), ['qm', 'list', '--output-format', 'json'], {
    stdio: ['ignore', 'pipe', 'pipe'], env: {PATH: process.env['PATH'] ?? '', HOME: lab.home, XDG_RUNTIME_DIR: runtime, CORRAL_ROOT: join(lab.home, 'desk'), CORRAL_NODE: 'desk'},
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data: Buffer) => { stdout += data.toString() })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  return new Promise((done) => { child.once('close', (code) => { done({code, stdout, stderr, tookMs: performance.now() - startedAt}) }) })
}

/** Processes of keepers whose sockets are in our folder. */
function keepers(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`XDG_RUNTIME_DIR=${runtime}`) && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('corral keeper')
    } catch {
      return false
    }
  })
}

const sockets = () => existsSync(`${runtime}/corral`) ? readdirSync(`${runtime}/corral`).filter((name) => /^[0-9a-f]{32}$/.test(name)) : []

async function kept(): Promise<void> {
  const answer = await list()
  expect(answer, answer.stderr).toMatchObject({code: 0, stdout: expect.stringMatching(/^\[/) as string})
  await expect.poll(() => sockets().length, {timeout: 20_000, interval: 50}).toBe(1)
}

describe('the keeper', () => {
  test('makes the second call cheap, by one process that holds one connection', async () => {
    await kept()
    const logins = lab.host('h1').log().match(/Accepted publickey/g)?.length ?? 0
    const times: number[] = []
    for (let round = 0; round < 5; round++) {
      const answer = await list()
      expect(answer, answer.stderr).toMatchObject({code: 0})
      times.push(answer.tookMs)
    }
    expect(lab.host('h1').log().match(/Accepted publickey/g)?.length ?? 0).toBe(logins)
    const [pid = 0, ...others] = keepers()
    expect(others).toEqual([])
    const memory = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    console.log(`kept calls took ${times.map((time) => time.toFixed(0)).join(', ')} ms; the keeper has ${memory ?? '?'} kB`)
  })

  test('is one, however many calls begin at once', async () => {
    for (let round = 0; round < scaledCount(1); round++) {
      for (const pid of keepers()) process.kill(pid, 'SIGKILL')
      await expect.poll(() => keepers()).toEqual([])
      // Half of the rounds meet a socket with nobody behind it.
      if (round % 2 === 0) for (const name of sockets()) rmSync(`${runtime}/corral/${name}`)
      const answers = await Promise.all(Array.from({length: 10}, list))
      for (const answer of answers) expect(answer, answer.stderr).toMatchObject({code: 0})
      await kept()
      // Whoever lost has ended, and the one that is left serves all.
      await expect.poll(() => keepers().length, {timeout: 15_000}).toBe(1)
      expect(readdirSync(`${runtime}/corral`)).toEqual(sockets())
      const logins = lab.host('h1').log().match(/Accepted publickey/g)?.length ?? 0
      for (const answer of await Promise.all(Array.from({length: 10}, list))) expect(answer, answer.stderr).toMatchObject({code: 0})
      expect(lab.host('h1').log().match(/Accepted publickey/g)?.length ?? 0).toBe(logins)
      expect(keepers()).toHaveLength(1)
    }
  }, 300_000)

  test('is replaced after the host was restarted and after it was killed', async () => {
    await lab.host('h1').kill()
    await lab.host('h1').start()
    await kept()
    for (const pid of keepers()) process.kill(pid, 'SIGKILL')
    await kept()
  })

  test('does not hide that the key of the host has changed', async () => {
    await kept()
    await lab.host('h1').changeKey()
    await expect.poll(async () => (await list()).code, {timeout: 20_000}).toBe(4)
    expect((await list()).stderr).toMatch(/key/)
    await lab.trustAll()
    await kept()
  })
})
