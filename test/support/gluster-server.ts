// A GlusterFS server with one volume of one brick. It refuses addresses of the loopback, so it has a network of its own with an address for documentation;
// its sockets, logs and processes are its own as well, so that all of it is gone with the first process.
import {spawn, spawnSync} from 'node:child_process'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {localHost} from '../../src/lib/host/local/index.ts'

export const volume = 'vms'
export const server = '192.0.2.10'

export interface GlusterServer {
  /** Before the words of a command that is to run in the server's network. */
  readonly inNetwork: readonly string[]
  /** Runs the server's own command line. */
  readonly gluster: (...words: readonly string[]) => Promise<string>
  readonly close: () => Promise<void>
}

/** Why there can be no such server here; undefined where there can. */
export function missingForGluster(): string | undefined {
  if (process.getuid?.() !== 0) return 'glusterd needs root'
  for (const [program, name] of [['glusterd', 'glusterfs-server'], ['mount.glusterfs', 'glusterfs-client']] as const) {
    if (spawnSync('sh', ['-c', 'command -v -- "$0"', program]).status !== 0) return `${program} is not installed (${name})`
  }
  const probe = spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'g0', 'type', 'veth', 'peer', 'name', 'g1'], {encoding: 'utf8'})
  if (probe.status !== 0) return `there can be no network of its own: ${probe.stderr.trim()}`
  return spawnSync('sh', ['-c', 'test -c /dev/fuse']).status === 0 ? undefined : 'the kernel has no FUSE'
}

export async function startGluster(): Promise<GlusterServer> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-gluster-'))
  const host = localHost('h1')
  for (const name of ['work', 'run', 'log', 'bricks']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'glusterd.vol'), configText(folder))
  const daemon = spawn('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', setUp, folder], {stdio: ['ignore', 'ignore', 'pipe']})
  let complaint = ''
  daemon.stderr.on('data', (chunk: Buffer) => { complaint = `${complaint}${chunk.toString()}`.slice(-2000) })
  const inNetwork = ['nsenter', `--net=/proc/${daemon.pid ?? 0}/ns/net`, '--']
  const gluster = async (...words: readonly string[]): Promise<string> =>
    (await host.run([...inNetwork, 'gluster', '--mode=script', `--glusterd-sock=${folder}/run/glusterd.socket`, `--log-file=${folder}/log/cli.log`, ...words], {timeoutMs: 120_000})).stdout
  const close = async (): Promise<void> => {
    if (daemon.exitCode === null && daemon.signalCode === null) {
      const gone = new Promise((resolve) => { daemon.once('exit', resolve) })
      daemon.kill('SIGKILL')
      await gone
    }
    await rm(folder, {recursive: true, force: true, maxRetries: 20})
  }
  try {
    await until(() => gluster('volume', 'list'), () => daemon.exitCode === null ? undefined : complaint)
    await gluster('volume', 'create', volume, `${server}:${folder}/bricks/one`, 'force')
    await gluster('volume', 'start', volume)
    return {inNetwork, gluster, close}
  } catch (error) {
    await close()
    throw error
  }
}

/** Run by sh: `$0` is the folder. */
const setUp = `
ip link set lo up
ip link add g0 type veth peer name g1
ip address add ${server}/24 dev g0
ip link set g0 up
ip link set g1 up
mkdir -p /run/gluster /var/log/glusterfs
mount --bind "$0/run" /run/gluster
mount --bind "$0/log" /var/log/glusterfs
mkdir -p /var/log/glusterfs/bricks
exec glusterd -N -f "$0/glusterd.vol" -p "$0/run/glusterd.pid" -l "$0/log/glusterd.log"`

function configText(folder: string): string {
  return `volume management
    type mgmt/glusterd
    option working-directory ${folder}/work
    option run-directory ${folder}/run
    option glusterd-sockfile ${folder}/run/glusterd.socket
    option transport-type socket
    option ping-timeout 0
    option event-threads 1
end-volume
`
}

async function until(answers: () => Promise<unknown>, endedWith: () => string | undefined): Promise<void> {
  let last: unknown
  for (let tries = 0; tries < 300; tries++) {
    const end = endedWith()
    if (end !== undefined) throw new Error(`glusterd ended: ${end}`)
    try {
      await answers()
      return
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => { setTimeout(resolve, 100) })
  }
  throw new Error('glusterd does not answer', {cause: last})
}
