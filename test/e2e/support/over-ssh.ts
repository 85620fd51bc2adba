// Lets the end-to-end tests run unchanged against hosts over SSH: with CORRAL_TEST_OVER_SSH=1 three real SSH servers run during the whole run,
// each with an address and a network of its own. Installations go to them in turn; each has its own folder there, agent and context.
import {appendFileSync, chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {openSshLab} from '../../support/ssh-lab.ts'
import type {LabHost, SshLab} from '../../support/ssh-lab.ts'

const agentFolder = resolve(import.meta.dirname, '../../../dist/agent')
const hostNames = ['h1', 'h2', 'h3']
/** Tells the test files, which run in other processes, what there is. */
const labVariable = 'CORRAL_TEST_SSH_LAB'

interface LabForFiles {
  /** The client's home. */
  readonly home: string
  /** Grows by a byte with each installation, so that they take turns. */
  readonly turns: string
  readonly hosts: readonly Pick<LabHost, 'name' | 'address' | 'root'>[]
}

export const overSsh = (): boolean => process.env[labVariable] !== undefined

let lab: SshLab | undefined

/** Vitest calls this before the first file. */
export async function setup(): Promise<void> {
  if (process.env['CORRAL_TEST_OVER_SSH'] !== '1') return
  lab = await openSshLab({hosts: hostNames, network: 'namespaces'})
  const turns = join(lab.folder, 'turns')
  writeFileSync(turns, '')
  const hosts = Object.values(lab.hosts).map(({name, address, root}) => ({name, address, root}))
  process.env[labVariable] = JSON.stringify({home: lab.home, turns, hosts} satisfies LabForFiles)
  console.log(`hosts over SSH: ${hosts.map(({name, address}) => `${name} at ${address}`).join(', ')}`)
}

/** Vitest calls this after the last file. */
export async function teardown(): Promise<void> {
  await lab?.close()
}

/** An installation on a host: its folder there, and what it takes to type its commands. */
export interface InstallationThere {
  readonly root: string
  /** A part of the commands' environment. */
  readonly desk: Readonly<Record<string, string>>
}

/**
 * Makes an installation on the host whose turn it is: puts an agent there, as `corral host add` would, and makes a context of it.
 * @param prefix words before the agent: `ip netns exec NAME`
 */
export function installThere(prefix: readonly string[]): InstallationThere {
  const {home, turns, hosts} = JSON.parse(process.env[labVariable] ?? '') as LabForFiles
  appendFileSync(turns, '.')
  const host = hosts[(statSync(turns).size - 1) % hosts.length]
  if (host === undefined) throw new Error('there are no hosts over SSH')
  const root = mkdtempSync(join(host.root, 'i-'))
  console.log(`${root} is on ${host.name} (${host.address})`)
  const agent = join(root, 'agent')
  cpSync(agentFolder, agent, {recursive: true})
  writeFileSync(join(agent, 'environment'), `CORRAL_ROOT=${root}\n`)
  writeFileSync(join(agent, 'started'), `#!/bin/sh\n[ -f ${agent}/faults ] && . ${agent}/faults\nexec ${prefix.join(' ')} ${agent}/corral-agent "$@"\n`)
  chmodSync(join(agent, 'started'), 0o755)
  const config = join(root, 'desk')
  mkdirSync(join(config, 'corral'), {recursive: true, mode: 0o700})
  const entry = `{name: ${host.name}, ssh: ${host.name}, agent: ${join(agent, 'started')}}`
  writeFileSync(join(config, 'corral/contexts.yaml'), `current: there\ncontexts: {there: {hosts: [${entry}]}}\n`, {mode: 0o600})
  return {root, desk: {HOME: home, XDG_CONFIG_HOME: config}}
}

/**
 * The faults that a call asks for (CORRAL_TEST_…) do not cross an SSH connection with it, so they are left with the agent that it will start.
 * @returns what the call needs beside its own environment
 */
export function leaveFaults(root: string, env: Readonly<Record<string, string>>): Record<string, string> {
  const faults = Object.entries(env).filter(([name]) => name.startsWith('CORRAL_TEST_'))
  const path = join(root, 'agent/faults')
  if (faults.length === 0) {
    rmSync(path, {force: true})
    return {}
  }
  writeFileSync(path, faults.map(([name, value]) => `export ${name}='${value}'\n`).join(''))
  // An agent that a keeper has is started already.
  return {CORRAL_KEEPER: 'no'}
}
