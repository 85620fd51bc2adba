// Commands on a host over SSH: a real sshd on loopback, with the agent of dist/agent on it, and a desk with a home and a run-time folder of its
// own. What the keeper and the agent cost in memory is written down beside the times.
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import '../run-typescript.mjs'
import {projectRoot} from '../setup.mjs'

const guestCount = 100
const waitLimitMs = 20_000
const target = 2.5
const names = {
  warm: 'remote read, warm connection', cold: 'remote read, cold', coldKeeper: 'remote read, cold, and a keeper is started',
  keeperMemory: 'remote: memory of the keeper', agentMemory: 'remote: memory of its agent', agentSize: 'remote: size of dist/agent',
}
const bin = (tool) => path.join(projectRoot, 'bin', tool)

/** Ids of the processes for which `isMeant` says yes; it is asked with a reader of their files in /proc. */
function processes(isMeant) {
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return isMeant((file) => fs.readFileSync(`/proc/${pid}/${file}`, 'utf8'))
    } catch {
      return false // It has ended meanwhile.
    }
  })
}

export function residentMiB(pids) {
  if (pids.length !== 1) throw new Error(`expected one process and found ${pids.length}`)
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pids[0]}/status`, 'utf8'))[1]) / 1024
}

function folderSizeMiB(folder) {
  const files = fs.readdirSync(folder, {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile())
  return files.reduce((sum, entry) => sum + fs.statSync(path.join(entry.parentPath ?? entry.path, entry.name)).size, 0) / 2 ** 20
}

/** The sockets of keepers that have their connection and take calls. */
function keptSockets(runtime) {
  const folder = path.join(runtime, 'corral')
  return fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => /^[0-9a-f]{32}$/.test(name)) : []
}

async function until(isSo, complaint) {
  const deadlineMs = performance.now() + waitLimitMs
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(complaint)
    await new Promise((resolve) => { setTimeout(resolve, 20) })
  }
}

/** A host with guests, known to a desk that has a keeper for it. @throws when this machine cannot have one; what was made is then gone */
export async function openDesk(fillGuests) {
  if (!fs.existsSync('/usr/sbin/sshd')) throw new Error('this needs /usr/sbin/sshd (Debian package openssh-server)')
  const {openSshLab} = await import('../../test/support/ssh-lab.ts')
  const lab = await openSshLab({hosts: ['h1'], network: 'loopback'})
  const runtime = fs.mkdtempSync('/tmp/cb-') // Short: a socket's path has at most 107 bytes.
  const host = lab.host('h1')
  const env = {PATH: process.env.PATH, HOME: lab.home, XDG_RUNTIME_DIR: runtime, CORRAL_ROOT: path.join(lab.home, 'desk'), CORRAL_NODE: 'desk'}
  const keepers = () => processes((read) => read('comm').startsWith('corral keeper') && read('environ').split('\0').includes(`XDG_RUNTIME_DIR=${runtime}`))
  const agents = () => processes((read) => read('cmdline').split('\0').some((word) => word === path.join(host.root, 'agent/corral-agent.mjs')))
  const keeperIsThere = () => until(() => keepers().length === 1 && keptSockets(runtime).length === 1, 'no keeper was started')
  const endKeepers = async () => {
    for (const pid of keepers()) process.kill(pid, 'SIGTERM')
    await until(() => keepers().length === 0 && agents().length === 0, 'the keeper and its agent did not end')
  }
  const close = async () => {
    await endKeepers().catch(() => {
      for (const pid of keepers()) process.kill(pid, 'SIGKILL')
    })
    await lab.close()
    fs.rmSync(runtime, {recursive: true, force: true})
  }
  // One call at the end leaves a keeper: two in a row would leave two, until the later one has seen the earlier.
  const run = (words, more = {}) => {
    const result = spawnSync(bin(words[0]), words.slice(1), {env: {...env, ...more}, encoding: 'utf8'})
    if (result.status !== 0) throw new Error(`'${words.join(' ')}' ended with ${result.status}: ${result.stderr}`)
    return result.stdout
  }
  try {
    await fillGuests(host.root, guestCount, host.name)
    run(['corral', 'host', 'add', host.name, '--context', 'lab', '--agent', host.agentPath], {CORRAL_KEEPER: 'no'})
    const listed = JSON.parse(run(['qm', 'list', '--output-format', 'json'])).length
    if (listed !== guestCount) throw new Error(`the host lists ${listed} guests instead of ${guestCount}`)
    await keeperIsThere()
  } catch (error) {
    await close()
    throw error
  }
  return {env, host, sshConfig: path.join(lab.home, '.ssh/config'), keepers, agents, keeperIsThere, endKeepers, close}
}

/** @param bench `compare`, `record`, `refuse`, `isWanted`, `timeProgram`, `bareNode` and `fillGuests` of bench.mjs */
export async function benchRemote({compare, record, refuse, isWanted, timeProgram, bareNode, fillGuests}) {
  if (!Object.values(names).some(isWanted)) return
  record(names.agentSize, 'MiB', () => folderSizeMiB(path.join(projectRoot, 'dist/agent')))
  let desk
  try {
    desk = await openDesk(fillGuests)
  } catch (error) {
    for (const name of [names.warm, names.cold, names.coldKeeper]) refuse(name, 'ms', target, error)
    for (const name of [names.keeperMemory, names.agentMemory]) record(name, 'MiB', () => { throw error })
    return
  }
  const time = async (argv, env) => {
    // The server's log is read by this process, which a program that is timed holds up.
    await new Promise((resolve) => { setImmediate(resolve) })
    return timeProgram(argv, [0], env)
  }
  const list = (more = {}) => time([bin('qm'), 'list'], {...desk.env, ...more})
  const bareSsh = () => time(
    ['ssh', '-F', desk.sshConfig, '-o', 'BatchMode=yes', '-o', 'ControlMaster=no', '-o', 'ControlPath=none', desk.host.name, 'true'], desk.env)
  try {
    const keeper = desk.keepers().join()
    await compare(names.warm, 'ms', target, async () => {
      const elapsedMs = await list()
      if (desk.keepers().join() !== keeper) throw new Error('the keeper did not last, so that not all calls were warm')
      return elapsedMs
    }, bareNode)
    record(names.keeperMemory, 'MiB', () => residentMiB(desk.keepers()))
    record(names.agentMemory, 'MiB', () => residentMiB(desk.agents()))
    await compare(names.cold, 'ms', target, async () => {
      await desk.endKeepers()
      return list({CORRAL_KEEPER: 'no'})
    }, bareSsh)
    await compare(names.coldKeeper, 'ms', target, async () => {
      await desk.endKeepers()
      return list()
    }, async () => {
      await desk.keeperIsThere()
      return bareSsh()
    })
  } finally {
    await desk.close()
  }
}
