// A command line in this process whose hosts are on the other ends of streams of the test's own: what stands there may say anything, in
// frames or not. Everything that would reach a host is noted.
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Duplex} from 'node:stream'
import {expect, onTestFinished} from 'vitest'
import {UnavailableError} from '../../../src/lib/base/index.ts'
import {aliases} from '../../../src/lib/cli/aliases.ts'
import {localServices} from '../../../src/lib/cli/local-services.ts'
import {errorReport, errorText} from '../../../src/lib/cli/print-error.ts'
import {runWords} from '../../../src/lib/cli/run-words.ts'
import {catalog} from '../../../src/lib/catalog.ts'
import type {HostConnector, HostTarget} from '../../../src/lib/host/index.ts'
import {agentClient, openPeer} from '../../../src/lib/host/protocol/index.ts'
import type {Method} from '../../../src/lib/host/protocol/index.ts'
import {duplexPair} from '../../support/duplex-pair.ts'

export interface Desk {
  readonly home: string
  /** Hosts that were reached for, as the connector was told. */
  readonly reached: HostTarget[]
  run(words: readonly string[], options?: {env?: Readonly<Record<string, string>>; signal?: AbortSignal}): Promise<{code: number; stdout: string; stderr: string}>
}

/** What is on a host's end of the connection. */
export type FarEnd = (stream: Duplex) => void

/** An agent that keeps to the frames and answers with these methods. */
export function farAgent(methods: Readonly<Record<string, Method>>): FarEnd {
  return (stream) => { openPeer(stream, {role: 'agent', name: 'the client'}).handle(methods) }
}

/** @param ends by the host's name; who is not there cannot be reached */
export function deskWith(contextsYaml: string | undefined, ends: Readonly<Record<string, FarEnd>> = {}): Desk {
  const home = mkdtempSync(join(tmpdir(), 'corral-far-'))
  onTestFinished(() => { rmSync(home, {recursive: true, force: true}) })
  if (contextsYaml !== undefined) {
    mkdirSync(join(home, '.config/corral'), {recursive: true, mode: 0o700})
    writeFileSync(join(home, '.config/corral/contexts.yaml'), contextsYaml, {mode: 0o600})
  }
  const reached: HostTarget[] = []
  const nowhere = (target: HostTarget) => { reached.push(target); return Promise.reject(new UnavailableError(`${target.name} cannot be reached`)) }
  const connector: HostConnector = {
    openLogin: nowhere, openTerminal: nowhere, agentBundle: async () => ({version: '1', architecture: process.arch, libc: 'glibc', files: []}),
    // As cli/connect-hosts.ts does it over SSH.
    openAgent: async (target, signal) => {
      const end = ends[target.name]
      if (end === undefined) return nowhere(target)
      reached.push(target)
      const [near, far] = duplexPair()
      far.on('error', () => undefined)
      end(far)
      const peer = openPeer(near, {role: 'client', name: `host ${target.name}`})
      const client = agentClient(peer, target.name)
      try {
        await client.hello(signal)
      } catch (error) {
        peer.close()
        throw error
      }
      return {client, peer, close: () => { peer.close() }}
    },
  }
  return {
    home, reached,
    run: async (words, {env: more = {}, signal = new AbortController().signal} = {}) => {
      const env = {HOME: home, CORRAL_ROOT: join(home, 'root'), CORRAL_NODE: 'desk', ...more}
      const said = {stdout: '', stderr: ''}
      const streams = {stdout: {write: (text: string) => { said.stdout += text }}, stderr: {write: (text: string) => { said.stderr += text }}}
      try {
        const code = await runWords(words, {
          catalog, aliases, env, signal, streams, terminal: () => { throw new Error('no terminal in this test') },
          services: () => Promise.resolve(localServices({catalog, env})), hosts: async () => connector,
        })
        return {code, ...said}
      } catch (error) {
        const {exitCode, kind} = errorReport(error)
        return {code: exitCode, ...said, stderr: `${said.stderr}${errorText(error, false, kind === 'internal')}`}
      }
    },
  }
}

/** Nothing in it that a terminal would obey: no control character but the line's end, no mark that turns the direction of writing. */
export function expectHarmless(text: string, what: string): void {
  expect(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u.exec(text)?.index, `${what}: ${JSON.stringify(text.slice(0, 600))}`).toBeUndefined()
}
