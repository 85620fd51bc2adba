// A keeper for tests, in a process of its own: instead of a connection over SSH it has an agent that counts its calls.
import {systemClock} from '../../src/lib/base/index.ts'
import {openPeer, protocolVersion} from '../../src/lib/host/protocol/index.ts'
import {serveKeeper} from '../../src/lib/cli/keeper/serve.ts'
import type {KeeperOrder} from '../../src/lib/cli/keeper/kept-connector.ts'
import {duplexPair} from './duplex-pair.ts'

const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
const {socketPath, idleMs, replaces} = JSON.parse(Buffer.concat(chunks).toString('utf8')) as KeeperOrder
const [near, far] = duplexPair()
let calls = 0
openPeer(far, {role: 'agent', name: 'the keeper'}).handle({
  hello: async () => ({protocol: protocolVersion, version: '0', node: 'kept', user: 'root@pam', isRoot: true, places: {stateDir: '/a', runDir: '/b', logDir: '/c'}}),
  run: async () => ({outcome: 'done', result: {pid: process.pid, calls: ++calls}}),
})
await serveKeeper({socketPath, ...(replaces === undefined ? {} : {replaces}), agent: openPeer(near, {role: 'client', name: 'host h1'}), clock: systemClock, idleMs, signal: new AbortController().signal})
process.exit(0)
