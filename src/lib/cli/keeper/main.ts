// The program of a keeper (serve.ts), which a command line leaves behind. It logs in without asking anybody. Where that fails it ends, the mark
// that it was tried stays, and command lines go on connecting by themselves.
import {rm} from 'node:fs/promises'
import {readOrder, systemClock} from '../../base/index.ts'
import type {AgentConnection} from '../../host/index.ts'
import {sshConnector} from '../connect-hosts.ts'
import type {KeeperOrder} from './kept-connector.ts'
import {hostNames, mayChangeNames} from './host-names.ts'
import {triedPath} from './keeper-name.ts'
import {serveKeeper} from './serve.ts'
import {isTaken} from './socket-name.ts'

const maxOrderBytes = 64 * 1024
const connectLimitMs = 30_000

async function connected({host}: KeeperOrder): Promise<AgentConnection> {
  // Not AbortSignal.timeout: a connection may go on heeding the signal that it was made with.
  const limit = new AbortController()
  const connector = sshConnector({env: process.env})
  const timer = setTimeout(() => limit.abort(), Math.max(connectLimitMs, await connector.patienceMs?.(host) ?? 0))
  try {
    return await connector.openAgent(host, limit.signal)
  } finally {
    clearTimeout(timer)
  }
}

process.title = 'corral keeper'
process.umask(0o077)
const stop = new AbortController()
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => stop.abort())
try {
  const order = await readOrder(process.stdin, maxOrderBytes) as KeeperOrder
  const {socketPath, replaces, idleMs} = order
  if (await isTaken(socketPath, replaces)) {
    await rm(triedPath(socketPath), {force: true})
    process.exit(0)
  }
  const connection = await connected(order)
  if (connection.peer === undefined) throw new Error('the connection has no peer')
  const refreshNames = hostNames({host: order.host, agent: connection.peer, clock: systemClock, env: process.env, signal: stop.signal})
  refreshNames()
  await serveKeeper({
    socketPath, ...(replaces === undefined ? {} : {replaces}), agent: connection.peer, clock: systemClock, idleMs, signal: stop.signal,
    onPassed: (method, params) => { if (mayChangeNames(method, params)) refreshNames() },
  })
  connection.close()
  process.exit(0)
} catch {
  // Nobody reads what a keeper says; the next command line meets the same obstacle and tells it.
  process.exit(1)
}
