// Interactive commands on a host over a real SSH server and a real keeper, by a login that needs sudo: they work on a terminal and on pipes, and
// nothing that befalls the client or the server lets a command hold the guest's port for ever.
import {spawn} from 'node:child_process'
import type {ChildProcessWithoutNullStreams} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {writeTemplate} from '../support/container-template.ts'
import {openSshLab} from '../support/ssh-lab.ts'
import type {SshLab} from '../support/ssh-lab.ts'

const repositoryRoot = resolve(import.meta.dirname, '../..')
const leave = '\u000f'
let lab: SshLab
let folder: string

beforeAll(async () => {
  lab = await openSshLab({hosts: ['h1'], network: 'loopback'})
  folder = mkdtempSync('/tmp/ce-')
  const agent = join(lab.host('h1').root, 'agent')
  cpSync(join(repositoryRoot, 'dist/agent'), agent, {recursive: true})
  writeFileSync(join(agent, 'environment'), `CORRAL_ROOT=${lab.host('h1').root}\nCORRAL_NODE=h1\n`)
  mkdirSync(join(lab.home, '.config/corral'), {recursive: true, mode: 0o700})
  writeFileSync(join(lab.home, '.config/corral/contexts.yaml'), `current: lab\ncontexts: {lab: {hosts: [{name: h1, ssh: admin@h1, agent: ${agent}/corral-agent}]}}\n`, {mode: 0o600})
  for (const words of [['create', '100', '--memory', '32', '--kvm', '0', '--serial0', 'socket'], ['start', '100']]) {
    const {code, stderr} = await type(words).ended
    if (code !== 0) throw new Error(`qm ${words.join(' ')}: ${stderr}`)
  }
}, 120_000)
afterAll(async () => {
  await type(['stop', '100']).ended
  for (const pid of keepers()) process.kill(pid, 'SIGTERM')
  await lab.close()
  rmSync(folder, {recursive: true, force: true})
}, 60_000)

interface Call {
  readonly child: ChildProcessWithoutNullStreams
  readonly shown: () => string
  readonly ended: Promise<{code: number | null; stdout: string; stderr: string}>
}

/** Types `qm …`, or another program's command, on pipes or on a pseudo-terminal that script(1) makes. */
function type(words: readonly string[], {onTerminal = false, env = {}, tool = 'qm'}: {onTerminal?: boolean; env?: Readonly<Record<string, string>>; tool?: string} = {}): Call {
  const argv = [join(repositoryRoot, 'bin', tool), ...words]
  const [program = '', ...args] = onTerminal ? ['script', '--quiet', '--return', '--command', argv.join(' '), '/dev/null'] : argv
  const child = spawn(program, args, {
    detached: true, stdio: 'pipe', env: {
      PATH: process.env['PATH'] ?? '', TERM: 'xterm', SHELL: '/bin/sh', HOME: lab.home, XDG_RUNTIME_DIR: folder, CORRAL_ROOT: join(folder, 'desk'), CORRAL_NODE: 'desk', ...env,
    },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data: Buffer) => { stdout += data.toString() })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  child.stdin.on('error', () => undefined)
  const ended = new Promise<{code: number | null; stdout: string; stderr: string}>((done) => { child.once('close', (code) => { done({code, stdout, stderr}) }) })
  return {child, shown: () => stdout + stderr, ended}
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

/** A terminal that says nothing and shows nothing, as from a script: its input is at its end. */
async function idleTerminal(env: Readonly<Record<string, string>>): Promise<Call> {
  const call = type(['terminal', '100'], {env})
  call.child.stdin.end()
  await expect.poll(call.shown, {timeout: 20_000}).toContain('terminal on serial0')
  return call
}

async function mayEnter(env: Readonly<Record<string, string>>): Promise<number | null> {
  const call = type(['terminal', '100'], {env})
  call.child.stdin.end(leave)
  return (await call.ended).code
}

const ways = {'a kept connection': {}, 'a connection of its own': {CORRAL_KEEPER: 'no'}} as const

describe.each(Object.entries(ways))('over %s', (name, env) => {
  test('a terminal is opened, left by its key, and a monitor answers on pipes', async () => {
    if (name === 'a kept connection') {
      await type(['list']).ended
      await expect.poll(() => keepers().length, {timeout: 20_000}).toBe(1)
    }
    const terminal = type(['terminal', '100'], {onTerminal: true, env})
    await expect.poll(terminal.shown, {timeout: 20_000}).toContain('Ctrl-O leaves it')
    terminal.child.stdin.write(leave)
    expect((await terminal.ended).code).toBe(0)
    const monitor = type(['monitor', '100'], {env})
    monitor.child.stdin.end('info status\n')
    expect(await monitor.ended).toMatchObject({code: 0, stdout: expect.stringContaining('VM status: running') as string})
  }, 90_000)

  test.each(['the client is killed', 'the client is asked to end', 'the server is killed'])('an idle terminal lets the port go when %s', async (harm) => {
    const idle = await idleTerminal(env)
    // It has the port.
    expect(await mayEnter(env)).toBe(6)
    if (harm === 'the server is killed') {
      await lab.host('h1').kill()
      await lab.host('h1').start()
      expect((await idle.ended).code).toBe(7)
    } else {
      idle.child.kill(harm === 'the client is killed' ? 'SIGKILL' : 'SIGTERM')
      await idle.ended
    }
    await expect.poll(() => mayEnter(env), {timeout: 30_000, interval: 200}).toBe(0)
    expect(readdirSync(join(lab.host('h1').root, 'run/terminals')).filter((left) => left.endsWith('.run'))).toEqual([])
  }, 90_000)
})

test('a container on the host runs commands with their own bytes and exit codes, and has a console', async () => {
  writeTemplate(join(lab.host('h1').root, 'lib/vz/template/cache/small.tar.gz'))
  const pct = (words: readonly string[], onTerminal = false) => type(words, {tool: 'pct', onTerminal})
  const must = async (...words: string[]) => {
    const {code, stderr} = await pct(words).ended
    if (code !== 0) throw new Error(`pct ${words.join(' ')}: ${stderr}`)
  }
  // A privileged one needs no ranges of users.
  await must('create', '150', 'local:vztmpl/small.tar.gz', '--rootfs', 'local:0', '--unprivileged', '0', '--cmode', 'shell')
  try {
    await must('start', '150')
    const bytes = Buffer.from([...Array(256).keys()])
    const cat = pct(['exec', '150', 'cat'])
    const chunks: Buffer[] = []
    cat.child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    cat.child.stdin.end(bytes)
    expect((await cat.ended).code).toBe(0)
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    const failing = pct(['exec', '150', '--', 'sh', '-c', 'echo wrong >&2; exit 7'])
    failing.child.stdin.end()
    expect(await failing.ended).toMatchObject({code: 7, stdout: '', stderr: 'wrong\n'})
    const console = pct(['console', '150'], true)
    await expect.poll(console.shown, {timeout: 30_000}).toMatch(/[#$] /)
    console.child.stdin.write('echo $((40+2)); exit 3\r')
    expect((await console.ended).code).toBe(3)
    expect(console.shown()).toMatch(/^42\r?$/m)
  } finally {
    await pct(['destroy', '150', '--force', '1']).ended
  }
}, 120_000)
