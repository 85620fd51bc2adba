// A command line with hosts that answer from tables, and a clock that only moves when it is told.
import {mkdtemp, mkdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {onTestFinished} from 'vitest'
import {CancelledError, NotFoundError, UnavailableError, type Clock} from '../../../../src/lib/base/index.ts'
import {runWords} from '../../../../src/lib/cli/run-words.ts'
import type {Surroundings} from '../../../../src/lib/cli/surroundings.ts'
import {catalog} from '../../../../src/lib/catalog.ts'
import type {AgentClient, HostConnector, RemoteInvocation} from '../../../../src/lib/host/index.ts'

/** What a host does with an invocation; a function that never resolves is a host that hangs. */
export type FakeAgent = Partial<AgentClient>

export interface Calls { readonly host: string; readonly invocation: RemoteInvocation }

export class FakeClock implements Clock {
  #nowMs = 0
  #sleepers: {atMs: number; wake: () => void}[] = []
  now(): number { return this.#nowMs }
  monotonicMs(): number { return this.#nowMs }
  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) { reject(new CancelledError()); return }
      const onAbort = () => { this.#sleepers = this.#sleepers.filter((other) => other !== sleeper); reject(new CancelledError()) }
      const sleeper = {atMs: this.#nowMs + durationMs, wake: () => { signal?.removeEventListener('abort', onAbort); resolve() }}
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', onAbort, {once: true})
    })
  }

  get sleeping(): number { return this.#sleepers.length }

  advance(byMs: number): void {
    this.#nowMs += byMs
    const due = this.#sleepers.filter(({atMs}) => atMs <= this.#nowMs)
    this.#sleepers = this.#sleepers.filter(({atMs}) => atMs > this.#nowMs)
    for (const {wake} of due) wake()
  }

  /** Lets time pass, in steps, until the work is done. */
  async advanceUntil(done: Promise<unknown>, stepMs: number): Promise<void> {
    let isOver = false
    done.then(() => { isOver = true }, () => { isOver = true })
    for (let step = 0; step < 500; step++) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      if (isOver) return
      this.advance(stepMs)
    }
    throw new Error('the work did not end')
  }
}

/** A host with guests, whose other commands echo what they were asked. */
export function hostWith(guests: readonly {vmid: number; name?: string}[], more: FakeAgent = {}): FakeAgent {
  return {
    run: async (invocation) => invocation.command === 'qm list'
      ? {outcome: 'done', result: guests.map((guest) => ({...guest, status: 'stopped', qmpstatus: 'stopped', maxmem: 1024 ** 3, maxdisk: 0}))}
      : invocation.dryRun ? {outcome: 'planned', plan: {steps: [], whenInterrupted: 'undo'}, lines: ['true']} : {outcome: 'done', result: {status: 'running'}},
    hello: async () => ({protocol: 1, version: '0', node: 'h', user: 'root@pam', isRoot: true, places: {stateDir: '/a', runDir: '/b', logDir: '/c'}, keepsTaskKeys: true}),
    ...more,
  }
}

export interface Line { code?: number; error?: unknown; stdout: string; stderr: string; calls: Calls[]; opened: string[]; closed: string[] }

export interface World {
  readonly clock: FakeClock
  readonly home: string
  run(line: string, options?: {env?: Record<string, string>; signal?: AbortSignal; onStderr?: (text: string) => void}): Promise<Line>
}

/** @param agents by the host in `ssh`; a function makes the connection fail or hang */
export async function world(contextsYaml: string | undefined, agents: Readonly<Record<string, FakeAgent | (() => Promise<never>)>>): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), 'corral-contexts-'))
  onTestFinished(() => rm(home, {recursive: true, force: true}))
  if (contextsYaml !== undefined) {
    await mkdir(join(home, '.config/corral'), {recursive: true})
    await writeFile(join(home, '.config/corral/contexts.yaml'), contextsYaml, {mode: 0o600})
  }
  const clock = new FakeClock()
  return {
    home, clock,
    run: async (line, {env = {}, signal = new AbortController().signal, onStderr} = {}) => {
      const done: Line = {stdout: '', stderr: '', calls: [], opened: [], closed: []}
      const connector: HostConnector = {
        openLogin: () => Promise.reject(new UnavailableError('no login in this test')),
        agentBundle: () => Promise.reject(new UnavailableError('no agent in this test')),
        openTerminal: () => Promise.reject(new UnavailableError('no terminal in this test')),
        openAgent: async ({name, ssh}) => {
          done.opened.push(name)
          const agent = agents[ssh]
          if (agent === undefined) throw new UnavailableError(`${ssh} cannot be reached`)
          if (typeof agent === 'function') return agent()
          const client = {
            ...agent,
            run: (invocation: RemoteInvocation, ...rest: [never, never]) => { done.calls.push({host: name, invocation}); return (agent.run as AgentClient['run'])(invocation, ...rest) },
            startTask: (invocation: RemoteInvocation, abort: AbortSignal) => { done.calls.push({host: name, invocation}); return (agent.startTask as AgentClient['startTask'])(invocation, abort) },
          } as unknown as AgentClient
          return {client, close: () => { done.closed.push(name) }}
        },
      }
      const surroundings: Surroundings = {
        catalog, aliases: {}, signal, clock, env: {HOME: home, CORRAL_NODE: 'me', CORRAL_ROOT: join(home, 'root'), ...env},
        streams: {stdout: {write: (text) => { done.stdout += text }}, stderr: {write: (text) => { done.stderr += text; onStderr?.(text) }}},
        terminal: () => { throw new Error('no terminal in this test') },
        services: () => Promise.reject(new NotFoundError('this machine was not meant')),
        hosts: async () => connector,
      }
      try { done.code = await runWords(line.split(' '), surroundings) } catch (error) { done.error = error }
      return done
    },
  }
}

/** Contexts: `one` with h1, `lab` with h1, h2 and h3. */
export const threeHosts = `current: lab
contexts:
  one:
    hosts: [{name: h1, ssh: a1}]
  lab:
    hosts:
      - {name: h1, ssh: a1}
      - {name: h2, ssh: root@a2:2222}
      - {name: h3, ssh: a3, node: third}
`
