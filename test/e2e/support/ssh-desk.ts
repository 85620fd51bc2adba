// One host over a real SSH server with the built agent on it, and a desk whose current context it is: for tests of the streams between the two.
import {spawn} from 'node:child_process'
import type {ChildProcessWithoutNullStreams} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {openSshLab} from '../../support/ssh-lab.ts'
import type {LabHost} from '../../support/ssh-lab.ts'

const repositoryRoot = resolve(import.meta.dirname, '../../..')

export interface SshDesk {
  readonly host: LabHost
  /** Files of the desk, its installation and its runtime files. */
  readonly folder: string
  /** Types a command at the desk. What it does not read of its standard input is no failure. */
  type(program: string, words: readonly string[]): ChildProcessWithoutNullStreams
  /** The processes that keep its connections. */
  keepers(): number[]
  close(): Promise<void>
}

export async function openSshDesk(): Promise<SshDesk> {
  const lab = await openSshLab({hosts: ['h1'], network: 'loopback'})
  const host = lab.host('h1')
  const folder = mkdtempSync('/tmp/cs-')
  cpSync(join(repositoryRoot, 'dist/agent'), join(host.root, 'agent'), {recursive: true})
  writeFileSync(join(host.root, 'agent/environment'), `CORRAL_ROOT=${host.root}\nCORRAL_NODE=h1\n`)
  mkdirSync(join(lab.home, '.config/corral'), {recursive: true, mode: 0o700})
  writeFileSync(join(lab.home, '.config/corral/contexts.yaml'), `current: lab\ncontexts: {lab: {hosts: [{name: h1, ssh: h1, agent: ${host.agentPath}}]}}\n`, {mode: 0o600})
  const keepers = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => isKeeper(pid, folder))
  return {
    host, folder, keepers,
    type: (program, words) => {
      const child = spawn(join(repositoryRoot, 'bin', program), words, {
        stdio: 'pipe', env: {PATH: process.env['PATH'] ?? '', HOME: lab.home, XDG_RUNTIME_DIR: folder, CORRAL_ROOT: join(folder, 'desk'), CORRAL_NODE: 'desk'},
      })
      child.stdin.on('error', () => undefined)
      return child
    },
    close: async () => {
      for (const pid of keepers()) process.kill(pid, 'SIGTERM')
      await lab.close()
      rmSync(folder, {recursive: true, force: true})
    },
  }
}

function isKeeper(pid: number, folder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`XDG_RUNTIME_DIR=${folder}`) && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('corral keeper')
  } catch {
    return false
  }
}
