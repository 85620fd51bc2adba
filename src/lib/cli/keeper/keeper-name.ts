// Which keeper serves which calls: one for a host as it is reached now. What decides that (the target, the agent's place, OpenSSH's files,
// this version of Corral) is in the name, so that a keeper of yesterday's configuration is never asked.
import {createHash} from 'node:crypto'
import {stat} from 'node:fs/promises'
import type {HostTarget} from '../../host/index.ts'
import {protocolVersion} from '../../host/protocol/index.ts'
import {productVersion} from '../version.ts'

/** What of a host decides whom a connection reaches. */
export async function keeperName({ssh, agent}: HostTarget, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const files = [`${env['HOME'] ?? ''}/.ssh/config`, `${env['HOME'] ?? ''}/.ssh/known_hosts`, '/etc/ssh/ssh_config', '/etc/ssh/ssh_known_hosts']
  const state = await Promise.all(files.map(stateOf))
  return createHash('sha256').update(JSON.stringify([protocolVersion, productVersion(), ssh, agent ?? '', env['SSH_AUTH_SOCK'] ?? '', ...state])).digest('hex').slice(0, 32)
}

/** The mark of a keeper that is starting, or could not log in by itself; one that serves removes it. */
export function triedPath(socketPath: string): string {
  return `${socketPath}.tried`
}

async function stateOf(file: string): Promise<string> {
  try {
    const {mtimeMs, size, ino} = await stat(file)
    return `${mtimeMs} ${size} ${ino}`
  } catch {
    return ''
  }
}
