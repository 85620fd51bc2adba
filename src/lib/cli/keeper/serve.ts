// A keeper at work: passes the calls of this user's command lines on to one agent, over a connection that stays open between them. It
// ends when the connection is lost, when the agent does not answer, when another keeper has its name, and when nobody has called for a while;
// whoever comes next connects anew, with all checks. It understands no method.
import {createServer} from 'node:net'
import type {Server, Socket} from 'node:net'
import {rm} from 'node:fs/promises'
import type {Clock} from '../../base/index.ts'
import {UnavailableError} from '../../base/index.ts'
import type {Method, Peer} from '../../host/protocol/index.ts'
import {agentMethodNames, openPeer} from '../../host/protocol/index.ts'
import {triedPath} from './keeper-name.ts'
import {isPrivateFolder} from './private-folder.ts'
import {claimName, identityAt, removeOnly} from './socket-name.ts'

export interface KeeperOptions {
  readonly socketPath: string
  /** What was at the socket's name and was of no use (socket-name.ts). */
  readonly replaces?: string
  /** To the agent. */
  readonly agent: Peer
  /** Called when a call that was passed on has its answer. */
  readonly onPassed?: (method: string, params: unknown) => void
  readonly clock: Clock
  readonly idleMs: number
  readonly signal: AbortSignal
}

const maxClients = 64
/** How often it is looked whether the socket's name is still ours: nobody can call us by another. */
const lookIntervalMs = 5_000
/** A host that does not answer a hello in this time is probably gone: whoever asked connects anew. */
const helloLimitMs = 2_500
/** What was cancelled is waited for a little longer than a client would. */
const cancelGraceMs = 60_000

/** Serves until it is of no use any more, which is at once where another keeper answers. @throws Error when the socket cannot be made */
export async function serveKeeper({socketPath, replaces, agent, onPassed, clock, idleMs, signal}: KeeperOptions): Promise<void> {
  const stop = new AbortController()
  const clients = new Set<Peer>()
  let idleSinceMs = clock.monotonicMs()
  const methods = passedOn(agent, onPassed, () => stop.abort())
  const server = createServer((socket) => { void take(socket) })
  const take = async (socket: Socket) => {
    socket.on('error', () => socket.destroy())
    // Looked at each time: a folder that was opened to others since then serves nobody.
    if (clients.size >= maxClients || !await isPrivateFolder(folderOf(socketPath))) { socket.destroy(); return }
    // Gone while that was looked at: nobody would tell us a second time.
    if (socket.destroyed) return
    const peer = openPeer(socket, {role: 'agent', name: 'a client', clock})
    clients.add(peer)
    peer.handle(methods)
    await peer.closed
    clients.delete(peer)
    idleSinceMs = clock.monotonicMs()
  }
  const own = await listen(server, socketPath, replaces)
  await rm(triedPath(socketPath), {force: true})
  if (own === undefined) stop.abort()
  void agent.closed.then(() => stop.abort())
  signal.addEventListener('abort', () => stop.abort(), {once: true})
  while (!stop.signal.aborted) {
    const leftMs = clients.size > 0 ? idleMs : idleSinceMs + idleMs - clock.monotonicMs()
    if (leftMs <= 0) break
    await clock.sleep(Math.min(leftMs, lookIntervalMs), stop.signal).catch(() => undefined)
    if (clients.size === 0 && await identityAt(socketPath) !== own) break
  }
  // Somebody who connects now finds nobody, and who is served is not cut off in the middle unless the host is gone.
  if (own !== undefined) await removeOnly(socketPath, own)
  server.close()
  for (const client of clients) client.close()
  agent.close()
}

function passedOn(agent: Peer, onPassed: KeeperOptions['onPassed'], onDeaf: () => void): Readonly<Record<string, Method>> {
  return Object.fromEntries(agentMethodNames.map((name): [string, Method] => [name, async (params, {signal, emit}) => {
    try {
      return await agent.call(name, params, {
        signal, cancelGraceMs, onEvent: (event) => { void emit(event) }, ...(name === 'hello' ? {timeoutMs: helloLimitMs} : {}),
      })
    } catch (error) {
      if (name === 'hello' && error instanceof UnavailableError) onDeaf()
      throw error
    } finally {
      onPassed?.(name, params)
    }
  }]))
}

/** Makes the socket under another name and gives it its own when it answers. @returns undefined when another keeper has the name */
async function listen(server: Server, socketPath: string, replaces: string | undefined): Promise<string | undefined> {
  const making = `${socketPath}.${process.pid}`
  await rm(making, {force: true})
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({path: making, readableAll: false, writableAll: false}, resolve)
  })
  return claimName(making, socketPath, replaces)
}

function folderOf(socketPath: string): string {
  return socketPath.slice(0, socketPath.lastIndexOf('/'))
}
