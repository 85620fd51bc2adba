// The agent as it is installed on a host: bundled from the sources as they stand, in a folder of its own with no source tree around it.
import {spawn, spawnSync} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {Duplex} from 'node:stream'
import {afterAll} from 'vitest'
import {agentClient, openPeer} from '../../src/lib/host/protocol/index.ts'
import type {AgentClient, Peer} from '../../src/lib/host/protocol/index.ts'

const repositoryRoot = resolve(import.meta.dirname, '../..')
const folders: string[] = []
let isBuilt = false

afterAll(() => { for (const folder of folders) rmSync(folder, {recursive: true, force: true}) })

/** A host's folder with the agent in it and nothing else; `node` names it. */
export function installedAgent(node = 'h1'): {root: string; program: string} {
  if (!isBuilt && !existsSync(join(repositoryRoot, 'dist/agent/manifest.json'))) {
    const build = spawnSync(process.execPath, [join(repositoryRoot, 'scripts/build.mjs')], {encoding: 'utf8'})
    if (build.status !== 0) throw new Error(`the agent was not built: ${build.stdout}${build.stderr}`)
  }
  isBuilt = true
  const root = mkdtempSync(join(tmpdir(), 'ca-'))
  folders.push(root)
  mkdirSync(join(root, 'agent'))
  cpSync(join(repositoryRoot, 'dist/agent'), join(root, 'agent'), {recursive: true})
  writeFileSync(join(root, 'agent/environment'), `CORRAL_ROOT=${root}\nCORRAL_NODE=${node}\n`)
  return {root, program: join(root, 'agent/corral-agent')}
}

export interface RunningAgent {
  readonly child: ChildProcess
  readonly peer: Peer
  readonly client: AgentClient
  /** What it wrote to its standard error. */
  stderr(): string
  readonly ended: Promise<number | null>
}

/** Starts the agent as sshd would, and talks to it. */
export function startAgent(program: string): RunningAgent {
  const child = spawn(program, ['--stdio'], {stdio: ['pipe', 'pipe', 'pipe'], env: {PATH: process.env['PATH'] ?? ''}})
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString('utf8') })
  child.stdin.on('error', () => undefined)
  const ended = new Promise<number | null>((done) => { child.once('exit', done) })
  const peer = openPeer(Duplex.from({readable: child.stdout, writable: child.stdin}), {role: 'client', name: 'host h1'})
  return {child, peer, client: agentClient(peer, 'h1'), stderr: () => stderr, ended}
}
