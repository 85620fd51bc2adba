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
  /** The text of the administrator's keyring. */
  readonly keyring: string
  /** Runs one of Ceph's programs as the administrator. */
  run(argv: readonly string[]): Promise<string>
  close(): Promise<void>
}

export const pool = 'vms'

/** Why there can be no cluster here; undefined when there can. */
export function missingForCeph(): string | undefined {
  const absent = ['ceph-mon', 'ceph-osd', 'ceph-mgr', 'ceph', 'rbd'].find((program) => spawnSync(program, ['--version']).status !== 0)
  return absent === undefined ? undefined : `${absent} is not installed`
}

export async function startCeph(): Promise<CephCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-ceph-'))
  const host = localHost('h1')
  const [fsid, port] = [randomUUID(), await freePort()]
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
    await writeFile(config, configText(folder, fsid, port))
    for (const name of ['mon', 'osd', 'mgr']) await mkdir(join(folder, name))
    const keyring = join(folder, 'keyring')
    await host.run(['ceph-authtool', '-C', keyring, '--gen-key', '-n', 'client.admin', '--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *'])
    const text = await readFile(keyring, 'utf8')
    const monKeyring = join(folder, 'mon.keyring')
    await writeFile(monKeyring, text, {mode: 0o600})
    await host.run(['ceph-authtool', monKeyring, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *'])
    const map = join(folder, 'monmap')
    await host.run(['monmaptool', '--create', '--fsid', fsid, '--addv', 'a', `[v2:127.0.0.1:${port}/0]`, map])
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
    await counted(run)
    return {fsid, monitors: `127.0.0.1:${port}`, keyring: text, run, close}
  } catch (error) {
    await close()
    throw error
  }
}

/** Until the manager has counted the space of the pool. */
async function counted(run: (argv: readonly string[]) => Promise<string>): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    const {pools} = JSON.parse(await run(['ceph', 'df', '--format', 'json'])) as {pools: {stats: {max_avail: number}}[]}
    if (pools.some(({stats}) => stats.max_avail > 0)) return
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error('the manager of the Ceph cluster does not count its space')
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

function configText(folder: string, fsid: string, port: number): string {
  return `[global]
fsid = ${fsid}
mon_host = [v2:127.0.0.1:${port}/0]
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
bluestore_block_size = 2147483648
osd_memory_target = 939524096
mgr_initial_modules =
mgr_stats_period = 1
[osd]
keyring = ${folder}/osd/keyring
[mgr]
keyring = ${folder}/mgr/keyring
`
}
