// Lets the end-to-end tests run unchanged against a host over SSH: CORRAL_TEST_OVER_SSH=1 starts one real SSH server for the whole run, and each
// installation becomes a host of its own behind it, with its own agent and its own context.
import {chmodSync, cpSync, mkdirSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {openSshLab} from '../../support/ssh-lab.ts'
import type {SshLab} from '../../support/ssh-lab.ts'

const agentFolder = resolve(import.meta.dirname, '../../../dist/agent')
/** Tells the test files where the client's home is. */
const homeVariable = 'CORRAL_TEST_SSH_HOME'
const serverName = 'there'

export const overSsh = (): boolean => process.env[homeVariable] !== undefined

let lab: SshLab | undefined

/** Vitest calls this before the first file. */
export async function setup(): Promise<void> {
  if (process.env['CORRAL_TEST_OVER_SSH'] !== '1') return
  lab = await openSshLab({hosts: [serverName], network: 'namespaces'})
  process.env[homeVariable] = lab.home
}

/** Vitest calls this after the last file. */
export async function teardown(): Promise<void> {
  await lab?.close()
}

/**
 * Puts an agent into the folder of an installation, as `corral host add` would, and makes a context of it.
 * @param prefix words before the agent: `ip netns exec NAME`
 * @returns the environment in which its commands are typed
 */
export function installThere(root: string, prefix: readonly string[]): Record<string, string> {
  const home = process.env[homeVariable] ?? ''
  const agent = join(root, 'agent')
  cpSync(agentFolder, agent, {recursive: true})
  writeFileSync(join(agent, 'environment'), `CORRAL_ROOT=${root}\n`)
  writeFileSync(join(agent, 'started'), `#!/bin/sh\n[ -f ${agent}/faults ] && . ${agent}/faults\nexec ${prefix.join(' ')} ${agent}/corral-agent "$@"\n`)
  chmodSync(join(agent, 'started'), 0o755)
  const config = join(root, 'desk')
  mkdirSync(join(config, 'corral'), {recursive: true, mode: 0o700})
  const entry = `{name: there, ssh: ${serverName}, agent: ${join(agent, 'started')}}`
  writeFileSync(join(config, 'corral/contexts.yaml'), `current: there\ncontexts: {there: {hosts: [${entry}]}}\n`, {mode: 0o600})
  return {HOME: home, XDG_CONFIG_HOME: config}
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
