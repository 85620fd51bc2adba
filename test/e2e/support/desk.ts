// The desk of a person whose hosts are over SSH: commands typed there, each in a session of its own, and what their keepers leave behind.
import {spawn} from 'node:child_process'
import type {ChildProcessWithoutNullStreams} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync} from 'node:fs'
import {join, resolve} from 'node:path'
import type {LabHost, SshLab} from '../../support/ssh-lab.ts'
import {waitUntil} from './installation.ts'

const binFolder = process.env['CORRAL_TEST_BIN'] ?? resolve(import.meta.dirname, '../../../bin')

export interface Typed {
  readonly child: ChildProcessWithoutNullStreams
  /** What came so far on both streams. */
  readonly shown: () => string
  readonly ended: Promise<{readonly code: number | null; readonly stdout: string; readonly stderr: string}>
}

export interface TypeOptions {
  /** On a pseudo-terminal that script(1) makes, with these words of stty before the command. `modes changed` is shown if it leaves others behind. */
  readonly terminal?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export class Desk {
  readonly #lab: Pick<SshLab, 'home'>
  /** The folder of its own installation, its configuration and its runtime files; a short path, because sockets lie below it. */
  readonly root = mkdtempSync('/tmp/cd-')

  constructor(lab: Pick<SshLab, 'home'>) {
    this.#lab = lab
    mkdirSync(join(this.root, 'run'), {mode: 0o700})
  }

  type(argv: readonly string[], {terminal, env = {}}: TypeOptions = {}): Typed {
    const words = [join(binFolder, argv[0] ?? ''), ...argv.slice(1)]
    const [program = '', ...args] = terminal === undefined ? words
      : ['script', '--quiet', '--return', '--command', `stty ${terminal.join(' ')}; before=$(stty -g); ${words.join(' ')}; code=$?; [ "$(stty -g)" = "$before" ] || echo modes changed; exit $code`, '/dev/null']
    // Detached, so in a session of its own: a terminal of whoever runs the tests is not asked.
    const child = spawn(program, args, {detached: true, stdio: 'pipe', env: {
      PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', TERM: 'xterm', SHELL: '/bin/sh', HOME: this.#lab.home, XDG_CONFIG_HOME: join(this.root, 'config'),
      XDG_RUNTIME_DIR: join(this.root, 'run'), CORRAL_ROOT: join(this.root, 'here'), CORRAL_NODE: 'desk', ...env,
    }})
    let [stdout, stderr, shown] = ['', '', '']
    child.stdout.on('data', (data: Buffer) => { stdout += data.toString(); shown += data.toString() })
    child.stderr.on('data', (data: Buffer) => { stderr += data.toString(); shown += data.toString() })
    child.stdin.on('error', () => undefined)
    return {child, shown: () => shown, ended: new Promise((done) => { child.once('close', (code) => { done({code, stdout, stderr}) }) })}
  }

  /** A call that has to succeed. */
  async must(argv: readonly string[], options: TypeOptions = {}): Promise<string> {
    const call = this.type(argv, options)
    call.child.stdin.end()
    const {code, stdout, stderr} = await call.ended
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}`)
    return stdout
  }

  async addHosts(hosts: readonly LabHost[]): Promise<void> {
    for (const host of hosts) await this.must(['corral', 'host', 'add', host.name, '--context', 'lab', '--agent', host.agentPath])
  }

  /** The processes that keep connections for it. */
  keepers(): number[] {
    return processes().filter(({name, pid}) => name.startsWith('corral keeper') && environmentOf(pid).includes(`XDG_RUNTIME_DIR=${join(this.root, 'run')}`)).map(({pid}) => pid)
  }

  /** The processes of its commands that have this word. */
  clients(word: string): number[] {
    return processes().filter(({pid, words}) => words.includes(word) && environmentOf(pid).includes(`XDG_RUNTIME_DIR=${join(this.root, 'run')}`)).map(({pid}) => pid)
  }

  async close(): Promise<void> {
    for (const pid of this.keepers()) killQuietly(pid)
    await waitUntil('the keepers to end', () => this.keepers().length === 0, 5_000)
    rmSync(this.root, {recursive: true, force: true})
  }
}

/** A command typed on the host itself, for whoever looks from the side. */
export async function onHost(host: LabHost, argv: readonly string[]): Promise<{code: number | null; stdout: string; stderr: string}> {
  const prefix = host.namespace === undefined ? [] : ['ip', 'netns', 'exec', host.namespace]
  const [program = '', ...words] = [...prefix, join(binFolder, argv[0] ?? ''), ...argv.slice(1)]
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'], env: {PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', CORRAL_ROOT: host.root, CORRAL_NODE: host.name},
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data: Buffer) => { stdout += data.toString() })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  return new Promise((done) => { child.once('close', (code) => { done({code, stdout, stderr}) }) })
}

/** Processes of a host apart from its SSH servers: those that its folder stands in the environment or the command line of. */
export function processesOf(host: LabHost): {pid: number; name: string; words: readonly string[]}[] {
  return processes().filter(({pid, name, words}) => name !== 'sshd'
    && (environmentOf(pid).includes(`CORRAL_ROOT=${host.root}`) || words.some((word) => word.includes(`${host.root}/`))))
}

export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was quicker.
  }
}

function processes(): {pid: number; name: string; words: readonly string[]}[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
      // A zombie has no words.
      return words.length === 0 ? [] : [{pid: Number(pid), name: readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd(), words}]
    } catch {
      return []
    }
  })
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}
