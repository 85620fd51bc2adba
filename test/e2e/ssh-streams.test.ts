// Volumes as streams through a context: over a real SSH server, the first time by a connection of the call's own, then beside a kept one. Every byte
// arrives, and what is refused or breaks off says so and leaves nothing.
import {spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {openSshLab} from '../support/ssh-lab.ts'
import type {SshLab} from '../support/ssh-lab.ts'

const repositoryRoot = resolve(import.meta.dirname, '../..')
let lab: SshLab
let folder: string

beforeAll(async () => {
  lab = await openSshLab({hosts: ['h1'], network: 'loopback'})
  folder = mkdtempSync('/tmp/cs-')
  const {root} = lab.host('h1')
  cpSync(join(repositoryRoot, 'dist/agent'), join(root, 'agent'), {recursive: true})
  writeFileSync(join(root, 'agent/environment'), `CORRAL_ROOT=${root}\nCORRAL_NODE=h1\n`)
  mkdirSync(join(lab.home, '.config/corral'), {recursive: true, mode: 0o700})
  writeFileSync(join(lab.home, '.config/corral/contexts.yaml'), `current: lab\ncontexts: {lab: {hosts: [{name: h1, ssh: h1, agent: ${lab.host('h1').agentPath}}]}}\n`, {mode: 0o600})
}, 120_000)
afterAll(async () => {
  for (const pid of keepers()) process.kill(pid, 'SIGTERM')
  await lab.close()
  rmSync(folder, {recursive: true, force: true})
}, 60_000)

/** Types `pvesm …` with that on its standard input. */
function type(words: readonly string[], input: Buffer = Buffer.alloc(0)): Promise<{code: number | null; output: Buffer; stderr: string}> {
  const child = spawn(join(repositoryRoot, 'bin/pvesm'), words, {
    stdio: 'pipe', env: {PATH: process.env['PATH'] ?? '', HOME: lab.home, XDG_RUNTIME_DIR: folder, CORRAL_ROOT: join(folder, 'desk'), CORRAL_NODE: 'desk'},
  })
  const parts: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => { parts.push(data) })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((done) => { child.once('close', (code) => { done({code, output: Buffer.concat(parts), stderr}) }) })
}

/** Processes of keepers whose sockets are in our folder. */
function keepers(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`XDG_RUNTIME_DIR=${folder}`) && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('corral keeper')
    } catch {
      return false
    }
  })
}

const image = randomBytes(3 * 1024 ** 2 + 512)
const stream = () => {
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(image.length))
  return Buffer.concat([size, image])
}

test('go to a host and come back as they were, beside a kept connection as well, and leave nothing when they break off', async () => {
  const first = await type(['import', 'local:100/vm-100-disk-0.raw', 'raw+size', '-'], stream())
  expect(first, first.stderr).toMatchObject({code: 0})
  await expect.poll(() => keepers().length, {timeout: 30_000, interval: 50}).toBe(1)
  const back = await type(['export', 'local:100/vm-100-disk-0.raw', 'raw+size', '-'])
  expect(back.stderr).toBe('')
  expect(back.code).toBe(0)
  expect(back.output.equals(stream())).toBe(true)
  const kept = await type(['import', 'local:100/vm-100-disk-1.qcow2', 'raw+size', '-'], stream())
  expect(kept, kept.stderr).toMatchObject({code: 0})
  expect((await type(['export', 'local:100/vm-100-disk-1.qcow2', 'raw+size', '-'])).output.equals(stream())).toBe(true)
  const cut = await type(['import', 'local:100/vm-100-disk-2.raw', 'raw+size', '-'], stream().subarray(0, 100_000))
  expect(cut.code).toBe(2)
  expect(cut.stderr).toMatch(/^Error: .*ends early|^Error: the stream/)
  const taken = await type(['import', 'local:100/vm-100-disk-0.raw', 'raw+size', '-'], stream())
  expect(taken.stderr).toMatch(/^Error: the volume local:100\/vm-100-disk-0\.raw exists already/)
  expect(readdirSync(join(lab.host('h1').root, 'lib/vz/images/100')).sort()).toEqual(['vm-100-disk-0.raw', 'vm-100-disk-1.qcow2'])
  expect(keepers()).toHaveLength(1)
}, 240_000)
