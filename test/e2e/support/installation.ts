// An installation of its own in a temporary folder, used as a person would: by typing `qm`. It ends what it started, by process ids.
import {spawn} from 'node:child_process'
import type {ChildProcessWithoutNullStreams} from 'node:child_process'
import {copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {guestIso} from './guest-iso.ts'
import {installThere, leaveFaults, overSsh} from './over-ssh.ts'

/** The built program; another build can be tried with CORRAL_TEST_BIN. */
const binFolder = process.env['CORRAL_TEST_BIN'] ?? resolve(import.meta.dirname, '../../../bin')

export interface Answer { readonly code: number | null; readonly stdout: string; readonly stderr: string; readonly tookMs: number }

export interface CallOptions { readonly env?: Readonly<Record<string, string>>; readonly input?: string; readonly timeoutMs?: number }

export class Installation {
  readonly root: string
  /** Words before every command: `ip netns exec NAME`. */
  readonly #prefix: readonly string[]

  /** Where the commands are typed, when that is another machine: its part of their environment. */
  readonly #desk: Readonly<Record<string, string>> | undefined

  /** The folder's name is short, because sockets lie below it. With CORRAL_TEST_OVER_SSH=1 it is on a host that the commands reach over SSH. */
  constructor(prefix: readonly string[] = [], namePrefix = '/tmp/ce-') {
    const there = overSsh() ? installThere(prefix) : undefined
    this.root = there?.root ?? mkdtempSync(namePrefix)
    this.#desk = there?.desk
    this.#prefix = this.#desk === undefined ? prefix : []
  }

  get runDir(): string { return join(this.root, 'run/qemu-server') }

  /** Puts the bootable image into the storage `local`. */
  async addIso(): Promise<void> {
    const folder = join(this.root, 'lib/vz/template/iso')
    mkdirSync(folder, {recursive: true})
    copyFileSync(await guestIso(), join(folder, 'guest.iso'))
  }

  spawn(tool: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams {
    const argv = [...this.#prefix, join(binFolder, tool), ...words]
    return spawn(argv[0] ?? '', argv.slice(1), {env: this.#environment(env), stdio: 'pipe'})
  }

  /** On a pseudo-terminal that script(1) makes; the exit code is the program's. */
  spawnOnTerminal(tool: string, words: readonly string[]): ChildProcessWithoutNullStreams {
    const command = [...this.#prefix, join(binFolder, tool), ...words].join(' ')
    return spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {env: this.#environment({TERM: 'xterm', SHELL: '/bin/sh'}), stdio: 'pipe'})
  }

  call(tool: string, words: readonly string[], {env = {}, input = '', timeoutMs = 90_000}: CallOptions = {}): Promise<Answer> {
    const startedAt = performance.now()
    const child = this.spawn(tool, words, env)
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data: Buffer) => { stdout += data.toString() })
    child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    return new Promise((done, fail) => {
      child.once('error', fail)
      child.once('close', (code) => { clearTimeout(timer); done({code, stdout, stderr, tookMs: performance.now() - startedAt}) })
    })
  }

  qm(...words: string[]): Promise<Answer> { return this.call('qm', words) }

  /** A call that has to succeed. */
  async mustQm(...words: string[]): Promise<string> {
    const answer = await this.qm(...words)
    if (answer.code !== 0) throw new Error(`qm ${words.join(' ')} ended with ${answer.code}: ${answer.stderr}`)
    return answer.stdout
  }

  /** A small machine under TCG; without `boots` it has nothing to boot from and stays in its firmware. */
  async create(vmid: number, {boots = false, options = []}: {boots?: boolean; options?: readonly string[]} = {}): Promise<void> {
    const boot = boots ? ['--ide2', 'local:iso/guest.iso,media=cdrom', '--boot', 'order=ide2'] : []
    await this.mustQm('create', String(vmid), '--kvm', '0', '--memory', boots ? '192' : '32', '--serial0', 'socket', ...boot, ...options)
  }

  async status(vmid: number): Promise<string> {
    return (await this.mustQm('status', String(vmid))).trim()
  }

  pidOf(vmid: number): number { return Number(readFileSync(join(this.runDir, `${vmid}.pid`), 'utf8')) }

  /** What is left of guests in the run folder. */
  leftovers(): string[] {
    if (!existsSync(this.runDir)) return []
    return readdirSync(this.runDir, {recursive: true}).map(String).filter((name) => name !== 'network').sort()
  }

  daemonPid(): number | undefined {
    return this.#processes().find(({words}) => words[0] === 'qmeventd')?.pid
  }

  /** Kills the processes that carry out tasks. */
  killWorkers(): void {
    for (const {pid, words} of this.#processes()) if (words.some((word) => /\/worker(?:-main)?\.c?js$/.test(word) || word === '--worker')) killQuietly(pid, 'SIGKILL')
  }

  daemonLog(): string {
    const path = join(this.root, 'log/qmeventd.log')
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  async close(): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const left = this.#processes()
      if (left.length === 0) break
      for (const {pid} of left) killQuietly(pid, signal)
      await waitUntil('processes of the installation to end', () => this.#processes().length === 0, 5_000).catch(() => undefined)
    }
    rmSync(this.root, {recursive: true, force: true, maxRetries: 5})
  }

  /** Processes of this installation: those whose environment names its folder. */
  #processes(): {pid: number; words: string[]}[] {
    return readdirSync('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) return []
      try {
        if (!readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`CORRAL_ROOT=${this.root}`)) return []
        return [{pid: Number(name), words: readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')}]
      } catch {
        return []
      }
    })
  }

  #environment(added: Readonly<Record<string, string>>): Record<string, string> {
    const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:CORRAL_|VITEST|NODE_ENV|NODE_OPTIONS)/.test(name)))
    return {...kept as Record<string, string>, CORRAL_TEST_CHECK_RESULTS: '1', ...(this.#desk === undefined ? {CORRAL_ROOT: this.root} : {...this.#desk, ...leaveFaults(this.root, added)}), ...added}
  }
}

function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Looks again and again until it holds; gives the milliseconds that it took. */
export async function waitUntil(what: string, holds: () => boolean | Promise<boolean>, limitMs: number): Promise<number> {
  const startedAt = performance.now()
  for (;;) {
    if (await holds()) return performance.now() - startedAt
    if (performance.now() - startedAt > limitMs) throw new Error(`waited ${limitMs} ms in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
