// Connecting to hosts with keepers: a call asks the keeper of its host first. Where none answers it connects by itself, with all that the
// user may be asked, and leaves a keeper behind for the next call. A keeper is never needed: whatever is wrong with one, the direct way is
// taken.
import {rm, stat, writeFile} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import type {AgentConnection, HostConnector, HostTarget} from '../../host/index.ts'
import {agentClient, openPeer} from '../../host/protocol/index.ts'
import {keeperName, triedPath} from './keeper-name.ts'
import {isOwnSocket, keeperFolder} from './private-folder.ts'
import {identityAt, isTaken, removeOnly} from './socket-name.ts'

/** What a keeper is told on its standard input. */
export interface KeeperOrder {
  readonly host: HostTarget
  readonly socketPath: string
  readonly idleMs: number
  /** What is at the socket's name and was asked in vain (socket-name.ts). */
  readonly replaces?: string
}

export interface KeeperWishes {
  readonly env: Readonly<Record<string, string | undefined>>
  /** argv of the keeper's program. */
  readonly program?: readonly string[]
  /** Default: 5 minutes. */
  readonly idleMs?: number
}

const defaultIdleMs = 5 * 60_000
const connectLimitMs = 1_000
const helloLimitMs = 4_000
/** A keeper that could not log in by itself (a passphrase is needed) is not tried again for so long. */
const retryMs = 10 * 60_000

/** The same connector, with keepers in front. `CORRAL_KEEPER=no` goes without. */
export function withKeepers(connector: HostConnector, wishes: KeeperWishes): HostConnector {
  if (wishes.env['CORRAL_KEEPER'] === 'no') return connector
  return {
    ...connector,
    openAgent: async (host, signal) => {
      const socketPath = await keeperSocket(host, wishes.env)
      if (socketPath === undefined) return connector.openAgent(host, signal)
      const asked = await identityAt(socketPath)
      const kept = await keptAgent(host, socketPath, signal)
      if (kept !== undefined) return kept
      const direct = await connector.openAgent(host, signal)
      await leaveKeeper({host, socketPath, ...(asked === undefined ? {} : {replaces: asked})}, wishes).catch(() => undefined)
      return direct
    },
    openLogin: async (host, signal) => {
      // Whoever logs in without the agent installs or removes it: the keeper's one would be another soon.
      const socketPath = await keeperSocket(host, wishes.env)
      if (socketPath !== undefined) await rm(socketPath, {force: true}).catch(() => undefined)
      return connector.openLogin(host, signal)
    },
  }
}

async function keeperSocket(host: HostTarget, env: KeeperWishes['env']): Promise<string | undefined> {
  const folder = await keeperFolder(env)
  return folder === undefined ? undefined : `${folder}/${await keeperName(host, env)}`
}

/** undefined when nobody keeps this host, or its keeper is of no use. */
async function keptAgent(host: HostTarget, socketPath: string, signal: AbortSignal): Promise<AgentConnection | undefined> {
  if (!await isOwnSocket(socketPath)) return undefined
  const {connectUnixSocket} = await import('../../host/local/connect.ts')
  try {
    const peer = openPeer(await connectUnixSocket(socketPath, connectLimitMs), {role: 'client', name: `host ${host.name}`})
    const client = agentClient(peer, host.name)
    try {
      await client.hello(AbortSignal.any([signal, AbortSignal.timeout(helloLimitMs)]))
      return {client, close: () => peer.close()}
    } catch {
      peer.close()
      return undefined
    }
  } catch {
    return undefined
  }
}

/** Starts a keeper that logs in by itself; nobody waits for it. */
async function leaveKeeper(wish: Omit<KeeperOrder, 'idleMs'>, {program, idleMs = defaultIdleMs}: KeeperWishes): Promise<void> {
  // Another call may have left one while this one connected.
  if (await isTaken(wish.socketPath, wish.replaces) || !await mayTry(triedPath(wish.socketPath))) return
  const {localHost} = await import('../../host/local/index.ts')
  const order: KeeperOrder = {...wish, idleMs}
  const argv = program ?? [process.execPath, '--max-semi-space-size=1', fileURLToPath(new URL('./main.js', import.meta.url))]
  await localHost('this machine').spawnDetached(argv, {input: JSON.stringify(order), cwd: '/'})
}

/** Leaves the mark of a keeper that is starting; false when one starts already, or could not log in lately. */
async function mayTry(mark: string): Promise<boolean> {
  const before = await identityAt(mark)
  const tried = await stat(mark).catch(() => undefined)
  if (tried !== undefined && Date.now() - tried.mtimeMs < retryMs) return false
  if (before !== undefined) await removeOnly(mark, before)
  // Of several that come here at once, one makes it.
  return writeFile(mark, '', {mode: 0o600, flag: 'wx'}).then(() => true, () => false)
}
