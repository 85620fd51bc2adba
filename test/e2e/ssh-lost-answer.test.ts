// The connection to a real SSH server is cut at the very moment of a request for a task: before it arrives, while the task begins, and while its id
// is on its way back. The client asks again, and there is one task.
import {spawn} from 'node:child_process'
import {cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {scaledCount} from '../support/rounds.ts'
import {openSshLab} from '../support/ssh-lab.ts'
import type {SshLab} from '../support/ssh-lab.ts'

const repositoryRoot = resolve(import.meta.dirname, '../..')
let lab: SshLab
let folder: string
let orderPath: string
let nextVmid = 100

beforeAll(async () => {
  lab = await openSshLab({hosts: ['h1'], network: 'loopback'})
  folder = mkdtempSync('/tmp/ce-')
  const agent = join(lab.host('h1').root, 'agent')
  cpSync(join(repositoryRoot, 'dist/agent'), agent, {recursive: true})
  writeFileSync(join(agent, 'environment'), `CORRAL_ROOT=${lab.host('h1').root}\nCORRAL_NODE=h1\n`)
  orderPath = join(agent, 'cut')
  const cutting = join(repositoryRoot, 'test/support/cutting-agent.mjs')
  writeFileSync(join(agent, 'started'), `#!/bin/sh\nexec '${process.execPath}' '${cutting}' '${agent}/corral-agent' '${orderPath}' "$@"\n`, {mode: 0o755})
  mkdirSync(join(lab.home, '.config/corral'), {recursive: true, mode: 0o700})
  writeFileSync(join(lab.home, '.config/corral/contexts.yaml'), `current: lab\ncontexts: {lab: {hosts: [{name: h1, ssh: h1, agent: ${agent}/started}]}}\n`, {mode: 0o600})
}, 60_000)
afterAll(async () => {
  await lab.close()
  rmSync(folder, {recursive: true, force: true})
}, 60_000)

function type(words: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(join(repositoryRoot, 'bin', words[0] ?? ''), words.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'], env: {PATH: process.env['PATH'] ?? '', HOME: lab.home, XDG_RUNTIME_DIR: folder, CORRAL_ROOT: join(folder, 'desk'), CORRAL_NODE: 'desk', ...env},
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data: Buffer) => { stdout += data.toString() })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  return new Promise<{code: number | null; stdout: string; stderr: string}>((done) => { child.once('close', (code) => { done({code, stdout, stderr}) }) })
}

const moments = ['before', 'during', 'answer'] as const
const ways = {'a connection of its own': {CORRAL_KEEPER: 'no'}, 'a kept connection': {}} as const

test.each(Object.entries(ways))('there is one task, over %s', async (_name, env) => {
  for (let round = 0; round < moments.length * scaledCount(1); round++) {
    const moment = moments[round % moments.length] ?? 'answer'
    const vmid = nextVmid++
    await type(['qm', 'list'], env)
    writeFileSync(orderPath, moment)
    const {code, stderr} = await type(['qm', 'create', String(vmid), '--memory', '32'], env)
    expect({code, stderr}, `cut ${moment}`).toMatchObject({code: 0})
    // While the request is on its way the answer may come through before the cut does.
    if (moment !== 'during') expect(stderr, `cut ${moment}`).toContain('lost before it told the id of the task')
    expect(existsSync(orderPath)).toBe(false)
    const {stdout} = await type(['pvenode', 'task', 'list', '--source', 'all', '--vmid', String(vmid), '--output-format', 'json'], env)
    expect(JSON.parse(stdout), `cut ${moment}`).toEqual([expect.objectContaining({id: String(vmid), type: 'qmcreate'})])
  }
}, 120_000)
