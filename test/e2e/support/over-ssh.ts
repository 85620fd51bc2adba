// Lets the end-to-end tests run unchanged against a host over SSH: CORRAL_TEST_OVER_SSH=1 starts one real SSH server for the whole run, and each
// installation becomes a host of its own behind it, with its own agent and its own context.
import {chmodSync, cpSync, mkdirSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {openSshLab} from '../../support/ssh-lab.ts'

const agentFolder = resolve(import.meta.dirname, '../../../dist/agent')
/** Tells the test files where the client's home is. */
const homeVariable = 'CORRAL_TEST_SSH_HOME'
const serverName = 'there'

export const overSsh = (): boolean => process.env[homeVariable] !== undefined

/** Vitest calls this before the first file and what it gives after the last. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['CORRAL_TEST_OVER_SSH'] !== '1') return undefined
  const lab = await openSshLab({hosts: [serverName], network: 'namespaces'})
  process.env[homeVariable] = lab.home
  return () => lab.close()
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
  if (prefix.length > 0) {
    writeFileSync(join(agent, 'prefixed'), `#!/bin/sh\nexec ${prefix.join(' ')} ${agent}/corral-agent "$@"\n`)
    chmodSync(join(agent, 'prefixed'), 0o755)
  }
  const config = join(root, 'desk')
  mkdirSync(join(config, 'corral'), {recursive: true, mode: 0o700})
  const path = join(agent, prefix.length > 0 ? 'prefixed' : 'corral-agent')
  writeFileSync(join(config, 'corral/contexts.yaml'), `current: there\ncontexts: {there: {hosts: [{name: there, ssh: ${serverName}, agent: ${path}}]}}\n`, {mode: 0o600})
  return {HOME: home, XDG_CONFIG_HOME: config}
}
