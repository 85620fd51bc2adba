// Whether the memory of a keeper and of its agent levels off: many calls one after the other over one kept connection to a real sshd, each with a
// connection of its own to the keeper, as a command line has. Prints what both have resident after every tenth part.
//   node scripts/bench/memory.mjs [CALLS]        after npm run build; default 5000
import fs from 'node:fs'
import path from 'node:path'
import '../run-typescript.mjs'
import {openDesk, residentMiB} from './remote.mjs'

const calls = Number(process.argv[2] ?? 5000)
const {connectUnixSocket} = await import('../../src/lib/host/local/connect.ts')
const {agentClient, openPeer} = await import('../../src/lib/host/protocol/index.ts')

/** A few guests, made as users make them; the rest of what a host does is read. */
async function makeGuests(root, count, node) {
  const {openSqliteStore} = await import('../../src/lib/store/sqlite/index.ts')
  const {systemClock} = await import('../../src/lib/base/index.ts')
  const store = await openSqliteStore({path: path.join(root, 'lib/store/config.db'), node, clock: systemClock})
  const put = Object.fromEntries(Array.from({length: count}, (_, index) => [`nodes/${node}/qemu-server/${100 + index}.conf`, `memory: 2048\nname: guest-${100 + index}\n`]))
  await store.commit({put})
  await store.close()
}

const reads = [
  {command: 'qm list', params: {}}, {command: 'qm config', params: {vmid: 100}}, {command: 'qm status', params: {vmid: 101}},
  {command: 'pvesm status', params: {}}, {command: 'pvenode task list', params: {}},
]

const desk = await openDesk(makeGuests)
try {
  const [socket] = fs.readdirSync(path.join(desk.env.XDG_RUNTIME_DIR, 'corral')).filter((name) => /^[0-9a-f]{32}$/.test(name))
  const socketPath = path.join(desk.env.XDG_RUNTIME_DIR, 'corral', socket)
  const show = (count) => console.log(`${String(count).padStart(6)} calls: keeper ${residentMiB(desk.keepers()).toFixed(1)} MiB, agent ${residentMiB(desk.agents()).toFixed(1)} MiB`)
  show(0)
  for (let count = 1; count <= calls; count++) {
    const peer = openPeer(await connectUnixSocket(socketPath), {role: 'client', name: 'host h1'})
    const client = agentClient(peer, 'h1')
    await client.hello()
    // Every tenth plans a change, as a dry run does.
    const read = count % 10 === 0 ? {command: 'qm set', params: {vmid: 102, memory: '4096'}, dryRun: true} : {...reads[count % reads.length], dryRun: false}
    await client.run(read, {onLog: () => undefined}, new AbortController().signal)
    peer.close()
    if (count === 100 || count % Math.ceil(calls / 10) === 0) show(count)
  }
} finally {
  await desk.close()
}
