// Harm at random moments of commands on a host: the client is killed, the server is killed, the cable is taken out. Every task ends, none
// runs twice, and nothing is left over. The seed is printed; CORRAL_TEST_SEED repeats a run.
import {spawn} from 'node:child_process'
import {mkdtempSync, readFileSync, readdirSync, rmSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {randomSource, scaledCount} from '../support/rounds.ts'
import {openSshLab} from '../support/ssh-lab.ts'
import type {SshLab} from '../support/ssh-lab.ts'

const binFolder = process.env['CORRAL_TEST_BIN'] ?? resolve(import.meta.dirname, '../../bin')
let lab: SshLab
let root = ''

beforeAll(async () => {
  lab = await openSshLab({hosts: ['h1'], network: 'namespaces'})
  root = mkdtempSync('/tmp/ce-')
  await must('corral', 'host', 'add', 'h1', '--agent', lab.host('h1').agentPath)
}, 60_000)
afterAll(async () => {
  await lab.close()
  rmSync(root, {recursive: true, force: true})
}, 60_000)

const pause = (ms: number) => new Promise<void>((done) => { setTimeout(done, ms) })

function type(...[program = '', ...words]: readonly string[]) {
  const child = spawn(join(binFolder, program), words, {
    detached: true, stdio: ['ignore', 'pipe', 'pipe'],
    env: {PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', HOME: lab.home, CORRAL_ROOT: root, CORRAL_NODE: 'desk', CORRAL_KEEPER: 'no'},
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => { stdout += data.toString() })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  const ended = new Promise<{code: number | null; stdout: string; stderr: string}>((done) => { child.once('close', (code) => { done({code, stdout, stderr}) }) })
  return {child, ended}
}

async function must(...words: readonly string[]): Promise<string> {
  const {code, stdout, stderr} = await type(...words).ended
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${stderr}`)
  return stdout
}

const json = async (...words: readonly string[]): Promise<unknown> => JSON.parse(await must(...words, '--output-format', 'json'))
const tasks = async () => await json('pvenode', 'task', 'list', '--source', 'all', '--limit', '1000') as {upid: string; type: string; status?: string; endtime?: number}[]

/** The QEMUs of the host: processes that name its folder. */
function qemus(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      return /qemu-system/.test(words.split('\0')[0] ?? '') && words.includes(`${lab.host('h1').root}/`) ? [Number(name)] : []
    } catch {
      return []
    }
  })
}

const harms = {
  'the client is killed': async (pid: number | undefined) => { if (pid !== undefined) killQuietly(pid) },
  'the server is killed': async () => { await lab.host('h1').kill(); await pause(300); await lab.host('h1').start() },
  'the cable is out': async () => { await lab.host('h1').cutNetwork(); await pause(1000); await lab.host('h1').restoreNetwork() },
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was quicker.
  }
}

test('random harm to start, a long task and destroy', async () => {
  const random = randomSource('ssh-harm')
  const kinds = Object.keys(harms) as (keyof typeof harms)[]
  for (let round = 0; round < scaledCount(3); round++) {
    const vmid = String(200 + round)
    await must('qm', 'create', vmid, '--memory', '32', '--kvm', '0')
    for (const words of [['start', vmid], ['shutdown', vmid, '--timeout', '2', '--forceStop', '1'], ['destroy', vmid]]) {
      // What an earlier harm kept from being begun is done now, in peace.
      if (words[0] === 'shutdown' && qemus().length === 0) await must('qm', 'start', vmid)
      if (words[0] === 'destroy' && qemus().length > 0) await must('qm', 'stop', vmid)
      const before = new Set((await tasks()).map(({upid}) => upid))
      const harm = kinds[random.between(0, kinds.length - 1)] ?? 'the client is killed'
      const afterMs = random.between(0, 1500)
      const what = `round ${round}: ${harm} ${afterMs} ms after qm ${words.join(' ')}`
      const call = type('qm', ...words)
      await pause(afterMs)
      await harms[harm](call.child.pid)
      await call.ended
      // A request that was on its way may still be begun.
      await pause(300)
      const begun = (await tasks()).filter(({upid}) => !before.has(upid) && upid.includes(`:${vmid}:`))
      for (const {upid} of begun) await type('corral', 'task', 'wait', upid).ended
      const ended = (await tasks()).filter(({upid}) => !before.has(upid) && upid.includes(`:${vmid}:`))
      expect(ended.filter(({upid}) => upid.includes(`:qm${words[0] ?? ''}:`)).length, what).toBeLessThanOrEqual(1)
      // A guest that does not heed the request is stopped, with a warning.
      for (const task of ended) expect(task.status, what).toMatch(/^(?:OK|WARNINGS: 1)$/)
      expect(qemus().length, what).toBeLessThanOrEqual(1)
    }
    const left = (await json('qm', 'list')) as {vmid: number}[]
    if (left.some((guest) => String(guest.vmid) === vmid)) await must('qm', 'destroy', vmid)
    expect(qemus()).toEqual([])
    await must('corral', 'doctor')
  }
}, 600_000)
