// A real Ceph cluster for tests, in user space on the loopback: one monitor, one OSD on a file, one manager (which counts the space). Its
// processes are ours and end with the test.
import type {ChildProcess} from 'node:child_process'
import {spawn, spawnSync} from 'node:child_process'
import {randomUUID} from 'node:crypto'
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {localHost} from '../../src/lib/host/local/index.ts'

export interface CephCluster {
  readonly fsid: string
  /** The option `monhost`. */
  readonly monitors: string
  /** The same for the kernel's clients, which speak the first version of the protocol. */
  readonly kernelMonitors: string
  /** The text of the administrator's keyring. */
  readonly keyring: string
  /** Runs one of Ceph's programs as the administrator. */
  run(argv: readonly string[]): Promise<string>
  /** Where its daemons listen on 127.0.0.1. */
  ports(): Promise<readonly number[]>
  /** Lets its daemons stand still, as those of hosts do that nobody reaches. */
  pause(): void
  /** Lets them go on, and waits until they answer. */
  resume(): Promise<void>
  close(): Promise<void>
}

export const pool = 'vms'

/** Why there can be no cluster here; undefined when there can. */
export function missingForCeph(): string | undefined {
  const absent = ['ceph-mon', 'ceph-osd', 'ceph-mgr', 'ceph', 'rbd'].find((program) => spawnSync(program, ['--version']).status !== 0)
  return absent === undefined ? undefined : `${absent} is not installed`
}

/** @param fileSystem its name, when there is to be one */
export async function startCeph({fileSystem}: {readonly fileSystem?: string} = {}): Promise<CephCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-ceph-'))
  const host = localHost('h1')
  const [fsid, port, oldPort] = [randomUUID(), await freePort(), await freePort()]
  const monitorAddresses = `[v2:127.0.0.1:${port}/0,v1:127.0.0.1:${oldPort}/0]`
  const config = join(folder, 'ceph.conf')
  const daemons: ChildProcess[] = []
  const run = async (argv: readonly string[], input?: string) => (await host.run([argv[0] ?? '', '--conf', config, ...argv.slice(1)], {timeoutMs: 60_000, ...(input === undefined ? {} : {input})})).stdout
  const start = (program: string, id: string) => {
    daemons.push(spawn(program, ['--conf', config, '-i', id, '-f'], {stdio: 'ignore'}))
  }
  const close = async () => {
    await Promise.all(daemons.map(async (daemon) => end(daemon)))
    await rm(folder, {recursive: true, force: true})
  }
  try {
    await writeFile(config, configText(folder, fsid, monitorAddresses))
    for (const name of ['mon', 'osd', 'mgr']) await mkdir(join(folder, name))
    const keyring = join(folder, 'keyring')
    await host.run(['ceph-authtool', '-C', keyring, '--gen-key', '-n', 'client.admin', '--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *', '--cap', 'mds', 'allow *'])
    const text = await readFile(keyring, 'utf8')
    const monKeyring = join(folder, 'mon.keyring')
    await writeFile(monKeyring, text, {mode: 0o600})
    await host.run(['ceph-authtool', monKeyring, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *'])
    const map = join(folder, 'monmap')
    await host.run(['monmaptool', '--create', '--fsid', fsid, '--addv', 'a', monitorAddresses, map])
    await host.run(['ceph-mon', '--conf', config, '--mkfs', '-i', 'a', '--monmap', map, '--keyring', monKeyring])
    start('ceph-mon', 'a')
    await writeFile(join(folder, 'mgr/keyring'), await run(['ceph', 'auth', 'get-or-create', 'mgr.x', 'mon', 'allow profile mgr', 'osd', 'allow *', 'mds', 'allow *']), {mode: 0o600})
    start('ceph-mgr', 'x')
    const osd = randomUUID()
    await host.run(['ceph-authtool', '-C', join(folder, 'osd/keyring'), '--gen-key', '-n', 'osd.0'])
    const key = (await host.run(['ceph-authtool', join(folder, 'osd/keyring'), '-n', 'osd.0', '-p'])).stdout.trim()
    await run(['ceph', 'osd', 'new', osd, '-i', '-'], JSON.stringify({cephx_secret: key}))
    await host.run(['ceph-osd', '--conf', config, '-i', '0', '--mkfs', '--osd-uuid', osd])
    start('ceph-osd', '0')
    await run(['ceph', 'osd', 'pool', 'create', pool, '8'])
    await run(['rbd', 'pool', 'init', pool])
    if (fileSystem !== undefined) {
      await mkdir(join(folder, 'mds'))
      await writeFile(join(folder, 'mds/keyring'), await run(['ceph', 'auth', 'get-or-create', 'mds.m', 'mon', 'allow profile mds', 'osd', 'allow *', 'mds', 'allow']), {mode: 0o600})
      for (const name of ['data', 'metadata']) await run(['ceph', 'osd', 'pool', 'create', `${fileSystem}-${name}`, '4'])
      await run(['ceph', 'fs', 'new', fileSystem, `${fileSystem}-metadata`, `${fileSystem}-data`])
      start('ceph-mds', 'm')
      await until(async () => (await run(['ceph', 'fs', 'dump', '--format', 'json'])).includes('up:active'), 'the metadata server of the Ceph cluster does not become active')
    }
    await until(() => isCounted(run), 'the manager of the Ceph cluster does not count its space')
    const ports = async () => {
      const maps = await Promise.all(['mon', 'mgr', 'osd', 'fs'].map((map) => run(['ceph', map, 'dump', '--format', 'json'])))
      return [...new Set(maps.flatMap((map) => [...map.matchAll(/127\.0\.0\.1:(\d+)/g)].map((match) => Number(match[1])).filter((each) => each !== 0)))]
    }
    const pause = () => { for (const daemon of daemons) daemon.kill('SIGSTOP') }
    const resume = async () => {
      for (const daemon of daemons) daemon.kill('SIGCONT')
      await until(() => run(['rbd', 'ls', '--pool', pool]).then(() => true, () => false), 'the Ceph cluster does not come back')
    }
    return {fsid, monitors: `127.0.0.1:${port}`, kernelMonitors: `127.0.0.1:${oldPort}`, keyring: text, run, ports, pause, resume, close}
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether the manager has counted the space of the pool. */
async function isCounted(run: (argv: readonly string[]) => Promise<string>): Promise<boolean> {
  const {pools} = JSON.parse(await run(['ceph', 'df', '--format', 'json'])) as {pools: {stats: {max_avail: number}}[]}
  return pools.some(({stats}) => stats.max_avail > 0)
}

async function until(isSo: () => Promise<boolean>, complaint: string): Promise<void> {
  for (let tries = 0; tries < 240; tries++) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error(complaint)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('there is no free port')
  return address.port
}

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return
  const ended = new Promise((resolve) => daemon.once('exit', resolve))
  daemon.kill('SIGKILL')
  await ended
}

function configText(folder: string, fsid: string, monitorAddresses: string): string {
  return `[global]
fsid = ${fsid}
mon_host = ${monitorAddresses}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
run_dir = ${folder}
log_file = /dev/null
mon_cluster_log_file = /dev/null
admin_socket = ${folder}/$name.asok
keyring = ${folder}/keyring
mon_data = ${folder}/mon
osd_data = ${folder}/osd
mgr_data = ${folder}/mgr
mds_data = ${folder}/mds
bluestore_block_size = 2147483648
osd_memory_target = 939524096
mgr_initial_modules =
mgr_stats_period = 1
[osd]
keyring = ${folder}/osd/keyring
[mgr]
keyring = ${folder}/mgr/keyring
[mds]
keyring = ${folder}/mds/keyring
`
}
