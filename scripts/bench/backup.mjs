// Backup and restore of a machine: `vzdump` of a running one, half of whose disk holds a file system's content, against libnbd's nbdcopy and zstd over the same bytes; how
// much is read for it; `qmrestore` against zstd alone; and how long a write of the machine takes meanwhile. The machine has nothing to boot: its disk is
// written through its own device, so that an emulated processor has no part in it. CORRAL_BENCH_DISK_GIB: the size of the disk (4).
import {spawn, spawnSync} from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import {performance} from 'node:perf_hooks'
import {createInterface} from 'node:readline'

const vmid = '9002'
const other = '9003'
const sizeBytes = Number(process.env.CORRAL_BENCH_DISK_GIB ?? 4) * 1024 ** 3
const contentBytes = sizeBytes / 2
const count = Number(process.env.CORRAL_BENCH_BACKUP_PAIRS ?? 10)
const names = {backup: 'backup: running machine to zstd', cpu: 'backup: processor time of it', sparse: 'backup: bytes read', restore: 'restore: qmrestore', latency: 'backup: write of the guest, p99'}

function must(argv, env = process.env) {
  const result = spawnSync(argv[0], argv.slice(1), {env, encoding: 'utf8', maxBuffer: 2 ** 26})
  if (result.status !== 0) throw new Error(`'${argv.join(' ')}' ended with ${result.status}: ${result.stderr}`)
  return result.stdout
}

/** A file with what lies in /usr, as long as is wanted. */
function writeContent(file) {
  must(['sh', '-c', 'while :; do tar -C /usr -cf - lib bin share 2>/dev/null || exit 0; done | head -c "$1" >"$2"', 'sh', String(contentBytes), file])
}

/** A connection to a monitor that nobody else uses. */
async function monitorOf(socketPath) {
  const socket = net.connect(socketPath)
  const waiting = []
  createInterface({input: socket}).on('line', (line) => {
    const message = JSON.parse(line)
    if ('return' in message || 'error' in message) waiting.shift()?.(message)
  })
  const execute = (command, args = {}) => new Promise((resolve, reject) => {
    waiting.push(({return: answer, error}) => { if (error === undefined) resolve(answer); else reject(new Error(error.desc)) })
    socket.write(`${JSON.stringify({execute: command, arguments: args})}\n`)
  })
  await execute('qmp_capabilities')
  return {execute, close: () => socket.destroy()}
}

/** Milliseconds that writes of 4 KiB through the machine's own device take, until `until` settles. */
async function writeTimes(monitor, until) {
  const times = []
  let isOver = false
  void until.finally(() => { isOver = true })
  for (let index = 0; !isOver; index++) {
    const at = (index * 7919 * 4096) % contentBytes
    const startedAt = performance.now()
    const said = await monitor.execute('human-monitor-command', {'command-line': `qemu-io -d /machine/peripheral/scsi0 "write -q -P ${index % 250 + 1} ${at} 4096"`})
    if (said !== '') throw new Error(said)
    times.push(performance.now() - startedAt)
    await new Promise((resolve) => { setTimeout(resolve, 2) })
  }
  return times
}

function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
}

/** Seconds of processor time of a process, and of children that it has waited for. */
function cpuSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) / 100
}

/** Seconds of processor time of the workers of an installation, and of what they ran, until `until` settles; they are no children of ours. */
async function workerCpuSeconds(root, until) {
  const seconds = new Map()
  let isOver = false
  void until.finally(() => { isOver = true }).catch(() => undefined)
  while (!isOver) {
    for (const name of fs.readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
      try {
        if (!/\/worker(?:-main)?\.c?js\0/.test(fs.readFileSync(`/proc/${name}/cmdline`, 'utf8'))) continue
        if (fs.readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`CORRAL_ROOT=${root}`)) seconds.set(name, cpuSeconds(name))
      } catch {
        // It has ended meanwhile.
      }
    }
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
  return [...seconds.values()].reduce((sum, one) => sum + one, 0)
}

/** Of children of ours that have ended. */
function childrenCpuSeconds() { return cpuSeconds(process.pid) - (({user, system}) => (user + system) / 1e6)(process.cpuUsage()) }

const readBytesOf = (pid) => Number(/^rchar: (\d+)$/m.exec(fs.readFileSync(`/proc/${pid}/io`, 'utf8'))[1])

export async function benchBackup({compare, refuse, rows, isWanted, median, bin, env, root}) {
  if (!Object.values(names).some(isWanted)) return
  const folder = fs.mkdtempSync('/var/tmp/corral-bench-')
  const dump = path.join(folder, 'dump')
  const content = path.join(folder, 'content.raw')
  let server
  let monitor
  try {
    fs.mkdirSync(dump)
    writeContent(content)
    const monitorPath = path.join(root, 'bench.qmp')
    must([bin('qm'), 'create', vmid, '--memory', '64', '--kvm', '0', '--vga', 'none', '--scsi0', `local:${sizeBytes / 1024 ** 3},format=qcow2,aio=threads`, '--args', `-qmp unix:${monitorPath},server=on,wait=off`], env)
    const disk = path.join(root, `lib/vz/images/${vmid}/vm-${vmid}-disk-0.qcow2`)
    must(['qemu-img', 'convert', '-n', '-S', '0', '-f', 'raw', '-O', 'qcow2', content, disk])
    must([bin('qm'), 'start', vmid], env)
    monitor = await monitorOf(monitorPath)
    const pid = Number(fs.readFileSync(path.join(root, `run/qemu-server/${vmid}.pid`), 'utf8'))
    const socket = path.join(folder, 'nbd')
    server = spawn('qemu-nbd', ['--read-only', '--persistent', '--shared=4', '--format=raw', `--socket=${socket}`, content], {stdio: 'ignore'})
    while (!fs.existsSync(socket)) await new Promise((resolve) => { setTimeout(resolve, 20) })

    const backUp = (...words) => new Promise((resolve, reject) => {
      for (const name of fs.readdirSync(dump)) fs.rmSync(path.join(dump, name))
      const child = spawn(bin('vzdump'), [vmid, '--dumpdir', dump, '--compress', 'zstd', '--zstd', '2', ...words], {env, stdio: ['ignore', 'ignore', 'pipe']})
      let told = ''
      child.stderr.on('data', (chunk) => { told += chunk })
      child.once('close', (code) => { if (code === 0) resolve(); else reject(new Error(`vzdump ended with ${code}: ${told}`)) })
    })
    const mibibytes = contentBytes / 1024 ** 2
    const cpu = {ours: [], reference: []}
    const timed = async (work, into, pids) => {
      const cpuBefore = pids().reduce((sum, one) => sum + cpuSeconds(one), childrenCpuSeconds())
      const startedAt = performance.now()
      const done = Promise.resolve(work())
      const workers = workerCpuSeconds(root, done)
      await done
      const seconds = (performance.now() - startedAt) / 1000
      into.push(await workers + pids().reduce((sum, one) => sum + cpuSeconds(one), childrenCpuSeconds()) - cpuBefore)
      return mibibytes / seconds
    }
    await compare(names.backup, 'MiB/s', 0.9,
      () => timed(() => backUp(), cpu.ours, () => [pid]),
      () => timed(() => must(['bash', '-c', `set -o pipefail; nbdcopy "nbd+unix:///?socket=$1" - | zstd -q -1 -T2 -c >"$2" && sync "$2"`, 'sh', socket, path.join(folder, 'reference.zst')]), cpu.reference, () => [server.pid]),
      {atLeast: true, count})
    if (cpu.ours.length > 0) rows.push({case: names.cpu, ours: median(cpu.ours.slice(1)), reference: median(cpu.reference.slice(1)), unit: 's', ratio: median(cpu.ours.slice(1)) / median(cpu.reference.slice(1)), target: '<= 1.11', met: median(cpu.ours.slice(1)) <= 1.11 * median(cpu.reference.slice(1))})

    await compare(names.sparse, 'MiB', 1.05, async () => {
      const before = readBytesOf(pid)
      await backUp()
      return (readBytesOf(pid) - before) / 1024 ** 2
    }, () => mibibytes, {count: 1})

    if (isWanted(names.latency)) await compare(names.latency, 'ms', 1.5, async () => percentile(await writeTimes(monitor, backUp('--fleecing', 'enabled=1,storage=local', '--bwlimit', '65536')), 0.99),
      async () => percentile(await writeTimes(monitor, new Promise((resolve) => { setTimeout(resolve, 5_000) })), 0.99), {count: Math.min(count, 5)})

    if (isWanted(names.restore)) {
      await backUp()
      const archive = path.join(dump, fs.readdirSync(dump).find((name) => name.endsWith('.vma.zst')))
      const restored = path.join(folder, 'restored')
      await compare(names.restore, 'MiB/s', 0.9, () => {
        const startedAt = performance.now()
        must([bin('qmrestore'), archive, other, '--storage', 'local'], env)
        const seconds = (performance.now() - startedAt) / 1000
        must([bin('qm'), 'destroy', other], env)
        return mibibytes / seconds
      }, () => {
        fs.rmSync(restored, {force: true})
        const startedAt = performance.now()
        must(['sh', '-c', 'zstd -q -d -c <"$1" >"$2" && sync "$2"', 'sh', archive, restored])
        return mibibytes / ((performance.now() - startedAt) / 1000)
      }, {atLeast: true, count})
    }
  } catch (error) {
    for (const [name, unit, target, options] of [[names.backup, 'MiB/s', 0.9, {atLeast: true}], [names.restore, 'MiB/s', 0.9, {atLeast: true}]]) refuse(name, unit, target, error, options)
  } finally {
    monitor?.close()
    server?.kill('SIGTERM')
    spawnSync(bin('qm'), ['stop', vmid], {env})
    for (const one of [vmid, other]) spawnSync(bin('qm'), ['destroy', one], {env})
    fs.rmSync(folder, {recursive: true, force: true})
  }
}
