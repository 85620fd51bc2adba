// Real SSH servers for tests, each a host of its own: host key, users, authorized keys, a folder for Corral, and either a port of 127.0.0.1 or
// a network namespace with an address of its own. Needs root, because a host has its own /etc/passwd (in a mount namespace of the server's).
import {execFile, spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {createServer, connect} from 'node:net'
import {chown, chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {existsSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import type {SshOptions} from '../../src/lib/host/ssh/index.ts'

const run = promisify(execFile)

/** Users of every host. `admin` may use sudo without a password, `plain` may not use it at all. */
const users = {admin: 20_001, plain: 20_002} as const
const startLimitMs = 10_000

export interface LabHost {
  /** Its alias in the client's ~/.ssh/config, and its CORRAL_NODE. */
  readonly name: string
  readonly address: string
  readonly port: number
  /** CORRAL_ROOT of the programs on it. */
  readonly root: string
  /** Where installAgent puts the agent: `<root>/agent/corral-agent`. */
  readonly agentPath: string
  /** The network namespace it lives in; undefined on loopback. */
  readonly namespace: string | undefined
  /** What its server wrote. */
  log(): string
  /** The base64 public host key with its type. */
  hostKey(): Promise<string>
  authorize(user: string, publicKey: string): Promise<void>
  /** Makes the agent of the host: a program that runs this argv with the host's CORRAL_ROOT and CORRAL_NODE. */
  installAgent(argv: readonly string[]): Promise<void>
  /** Kills the server and all of its sessions; what they started goes on. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Kills the server; the next start has another host key. */
  changeKey(): Promise<void>
  /** Takes its cable out. Namespaces only. */
  cutNetwork(): Promise<void>
  restoreNetwork(): Promise<void>
}

export interface SshLab {
  readonly folder: string
  /** The client's home: `.ssh/config` knows every host by name, `.ssh/known_hosts` its key, `.ssh/id_ed25519` may log in as root, admin and plain. */
  readonly home: string
  readonly hosts: Readonly<Record<string, LabHost>>
  host(name: string): LabHost
  /** Options of connectSsh for the client. */
  options(over?: Partial<SshOptions>): SshOptions
  /** Makes a key in the client's home. */
  makeKey(name: string, options?: {type?: string; passphrase?: string}): Promise<{path: string; publicKey: string}>
  /** Starts an ssh-agent with these keys; gives its socket. */
  startSshAgent(keyPaths: readonly string[]): Promise<string>
  trustAll(): Promise<void>
  close(): Promise<void>
}

/** @param network `namespaces`: a bridge with veths, an address for each host, and cables that can be taken out */
export async function openSshLab(options: {hosts: readonly string[]; network?: 'loopback' | 'namespaces'}): Promise<SshLab> {
  if (process.getuid?.() !== 0) throw new Error('the SSH lab has to make mount namespaces: run these tests as root')
  const folder = await mkdtemp(join(tmpdir(), 'crl-ssh-'))
  const closers: (() => Promise<void>)[] = [() => rm(folder, {recursive: true, force: true})]
  const close = async () => {
    for (const step of closers.splice(0).reverse()) await step()
  }
  try {
    // The users of the hosts have to get through.
    await chmod(folder, 0o755)
    const home = join(folder, 'home')
    await mkdir(join(home, '.ssh'), {recursive: true, mode: 0o700})
    // sshd wants it for each session. It stays, as on every machine with an SSH server: another lab may be at work.
    await mkdir('/run/sshd', {recursive: true, mode: 0o755})
    const key = await makeKey(home, 'id_ed25519', {})
    const network = options.network === 'namespaces' ? await makeBridge(closers) : undefined
    const hosts: Record<string, LabHost> = {}
    for (const [index, name] of options.hosts.entries()) hosts[name] = await makeHost(name, index, folder, key.publicKey, network, closers)
    const trustAll = async () => {
      const lines = await Promise.all(Object.values(hosts).map(async (host) =>
        `${host.port === 22 ? host.address : `[${host.address}]:${host.port}`} ${await host.hostKey()}\n`))
      await writeFile(join(home, '.ssh/known_hosts'), lines.join(''), {mode: 0o600})
    }
    await trustAll()
    await writeFile(join(home, '.ssh/config'), Object.values(hosts).map(configOf(home)).join('\n'), {mode: 0o600})
    const host = (name: string): LabHost => {
      const found = hosts[name]
      if (found === undefined) throw new Error(`the lab has no host ${name}`)
      return found
    }
    return {
      folder, home, hosts, host, trustAll, close,
      options: (over = {}) => ({env: {}, home, configFiles: [{path: join(home, '.ssh/config'), kind: 'user'}], ...over}),
      makeKey: (name, wishes = {}) => makeKey(home, name, wishes),
      startSshAgent: (paths) => startSshAgent(folder, paths, closers),
    }
  } catch (error) {
    await close()
    throw error
  }
}

function configOf(home: string): (host: LabHost) => string {
  return ({name, address, port}) => [
    `Host ${name}`, `  HostName ${address}`, `  Port ${port}`, '  User root', `  IdentityFile ${home}/.ssh/id_ed25519`,
    `  UserKnownHostsFile ${home}/.ssh/known_hosts`, '  GlobalKnownHostsFile none', '',
  ].join('\n')
}

async function makeKey(home: string, name: string, {type = 'ed25519', passphrase = ''}: {type?: string; passphrase?: string}) {
  const path = join(home, '.ssh', name)
  await run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', `${name}@lab`, '-f', path])
  return {path, publicKey: (await readFile(`${path}.pub`, 'utf8')).trim()}
}

async function startSshAgent(folder: string, keyPaths: readonly string[], closers: (() => Promise<void>)[]): Promise<string> {
  const socket = join(folder, `agent-${randomBytes(4).toString('hex')}`)
  const agent = spawn('ssh-agent', ['-D', '-a', socket], {stdio: 'ignore'})
  closers.push(() => ended(agent))
  await until(() => existsSync(socket), 'ssh-agent did not start')
  for (const path of keyPaths) await run('ssh-add', ['-q', path], {env: {...process.env, SSH_AUTH_SOCK: socket}})
  return socket
}

interface Bridge {
  readonly name: string
  /** The first three numbers of its addresses, from the range for such tests (RFC 2544). */
  readonly subnet: string
}

async function makeBridge(closers: (() => Promise<void>)[]): Promise<Bridge> {
  const name = `crb${randomBytes(4).toString('hex')}`
  const subnet = `198.${18 + (randomBytes(1)[0] ?? 0) % 2}.${randomBytes(1)[0] ?? 0}`
  await run('ip', ['link', 'add', name, 'type', 'bridge'])
  closers.push(async () => { await run('ip', ['link', 'delete', name]) })
  await run('ip', ['address', 'add', `${subnet}.254/24`, 'dev', name])
  await run('ip', ['link', 'set', name, 'up'])
  return {name, subnet}
}

async function makeHost(
  name: string, index: number, lab: string, publicKey: string, bridge: Bridge | undefined, closers: (() => Promise<void>)[],
): Promise<LabHost> {
  const folder = join(lab, name)
  const root = join(folder, 'r')
  await mkdir(join(folder, 'keys'), {recursive: true})
  await mkdir(root, {recursive: true})
  await makeUsers(folder)
  const id = randomBytes(3).toString('hex')
  const namespace = bridge === undefined ? undefined : `crn-${id}-${name}`.slice(0, 32)
  const cable = `crv${id}${index}`
  if (bridge !== undefined && namespace !== undefined) {
    await run('ip', ['netns', 'add', namespace])
    closers.push(async () => {
      await endNamespace(namespace)
      await run('ip', ['netns', 'delete', namespace])
    })
    await run('ip', ['link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace])
    await run('ip', ['link', 'set', cable, 'master', bridge.name, 'up'])
    const inside = ['-n', namespace]
    await run('ip', [...inside, 'address', 'add', `${bridge.subnet}.${index + 1}/24`, 'dev', 'eth0'])
    await run('ip', [...inside, 'link', 'set', 'eth0', 'up'])
    await run('ip', [...inside, 'link', 'set', 'lo', 'up'])
  }
  const address = bridge === undefined ? '127.0.0.1' : `${bridge.subnet}.${index + 1}`
  const port = bridge === undefined ? await freePort() : 22
  const hostKeyPath = join(folder, 'host_key')
  const newKey = async () => {
    await rm(hostKeyPath, {force: true})
    await rm(`${hostKeyPath}.pub`, {force: true})
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', hostKeyPath])
  }
  await newKey()
  await writeFile(join(folder, 'sshd_config'), [
    `Port ${port}`, `ListenAddress ${address}`, `HostKey ${hostKeyPath}`, 'PidFile none', `AuthorizedKeysFile ${folder}/keys/%u`, 'StrictModes no',
    'Subsystem sftp internal-sftp', 'UsePAM no', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PermitRootLogin prohibit-password', 'PrintMotd no',
    'PrintLastLog no', 'MaxStartups 100', 'MaxSessions 100', `SetEnv CORRAL_ROOT=${root} CORRAL_NODE=${name}`, '',
  ].join('\n'))
  let server: ChildProcess | undefined
  let written = ''
  const start = async () => {
    // The one that runs would be forgotten and never ended.
    if (server !== undefined) throw new Error(`the server of ${name} runs already`)
    // What is mounted later on this machine (the network namespaces of a test) is to be seen by the host, and nothing the other way round.
    const args = ['--mount', '--propagation', 'slave', '/bin/sh', '-c', serverScript, 'sshd', folder, namespace ?? '']
    server = spawn('unshare', args, {stdio: ['ignore', 'ignore', 'pipe'], env: {PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'}})
    server.stderr?.on('data', (chunk: Buffer) => { written = (written + chunk.toString()).slice(-100_000) })
    await until(() => answers(address, port), () => `the server of ${name} did not start:\n${written}`)
  }
  const kill = async () => {
    const current = server
    server = undefined
    if (current?.pid === undefined) return
    for (const pid of await sessionsOf(current.pid)) signalQuietly(pid)
    await ended(current)
  }
  closers.push(kill)
  const authorize = async (user: string, key: string) => {
    const path = join(folder, 'keys', user)
    await writeFile(path, `${key}\n`, {flag: 'a'})
  }
  for (const user of ['root', ...Object.keys(users)]) await authorize(user, publicKey)
  await start()
  const agentPath = join(root, 'agent/corral-agent')
  const onBridge = (state: 'up' | 'down') => async () => {
    if (bridge === undefined) throw new Error('only hosts in namespaces have a cable')
    await run('ip', ['link', 'set', cable, state])
  }
  return {
    name, address, port, root, agentPath, namespace, authorize, kill, start,
    log: () => written,
    hostKey: async () => (await readFile(`${hostKeyPath}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ').trim(),
    installAgent: async (argv) => {
      await mkdir(join(root, 'agent'), {recursive: true})
      const words = argv.map((word) => `'${word.replaceAll('\'', '\'\\\'\'')}'`).join(' ')
      await writeFile(agentPath, `#!/bin/sh\nexport CORRAL_ROOT='${root}' CORRAL_NODE='${name}'\nexec ${words} "$@"\n`, {mode: 0o755})
    },
    changeKey: async () => {
      await kill()
      await newKey()
      await start()
    },
    cutNetwork: onBridge('down'), restoreNetwork: onBridge('up'),
  }
}

/**
 * $1 is the host's folder, $2 its network namespace, if it has one. Its users exist for its server and what that starts, nowhere else. /sys shows
 * the network of who mounted it, so it is mounted again there; the control groups below it are carried over, which `ip netns exec` would not do.
 */
const serverScript = `set -e
for name in passwd shadow group sudoers; do mount --bind "$1/etc/$name" "/etc/$name"; done
[ -n "$2" ] || exec /usr/sbin/sshd -D -e -f "$1/sshd_config"
mkdir -p "$1/cgroup"
mount --rbind /sys/fs/cgroup "$1/cgroup"
exec nsenter --net="/run/netns/$2" /bin/sh -c 'set -e
mount -t sysfs sysfs /sys
mount --rbind "$1/cgroup" /sys/fs/cgroup
exec /usr/sbin/sshd -D -e -f "$1/sshd_config"' sshd "$1"`

async function makeUsers(folder: string): Promise<void> {
  const etc = join(folder, 'etc')
  await mkdir(etc, {recursive: true})
  const names = Object.entries(users)
  await mkdir(join(folder, 'home'), {recursive: true})
  for (const [name, uid] of [['root', 0] as const, ...names]) {
    await mkdir(join(folder, 'home', name), {mode: 0o700})
    await chown(join(folder, 'home', name), uid, uid)
  }
  const others = (await readFile('/etc/passwd', 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('root:'))
  const passwd = [`root:x:0:0:root:${folder}/home/root:/bin/sh`, ...others, ...names.map(([name, uid]) => `${name}:x:${uid}:${uid}::${folder}/home/${name}:/bin/sh`)]
  await writeFile(join(etc, 'passwd'), `${passwd.join('\n')}\n`, {mode: 0o644})
  await writeFile(join(etc, 'shadow'), ['root', ...Object.keys(users)].map((name) => `${name}:*:20000:0:99999:7:::\n`).join(''), {mode: 0o640})
  const groups = (await readFile('/etc/group', 'utf8')).trimEnd()
  await writeFile(join(etc, 'group'), `${groups}\n${names.map(([name, uid]) => `${name}:x:${uid}:\n`).join('')}`, {mode: 0o644})
  await writeFile(join(etc, 'sudoers'), 'Defaults env_reset\nroot ALL=(ALL) ALL\nadmin ALL=(ALL) NOPASSWD: ALL\n', {mode: 0o440})
}

/** The processes of a server that serve its sessions, deepest first. */
async function sessionsOf(server: number): Promise<number[]> {
  const children = new Map<number, number[]>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const found = /^(\d+) \(sshd\) \S (\d+) /.exec(stat)
    if (found !== null) children.set(Number(found[2]), [...children.get(Number(found[2])) ?? [], Number(found[1])])
  }
  const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [...below(child), child])
  return below(server)
}

/** Ends what still runs in the namespace, such as tasks that outlived their session. */
async function endNamespace(namespace: string): Promise<void> {
  const pids = async () => (await run('ip', ['netns', 'pids', namespace])).stdout.split('\n').filter((line) => line !== '').map(Number)
  for (const pid of await pids()) signalQuietly(pid)
  await until(async () => (await pids()).length === 0, `processes of ${namespace} did not end`)
}

function signalQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => { resolve() })
    child.kill('SIGKILL')
  })
}

function answers(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({host: address, port})
    const end = (isThere: boolean) => { socket.destroy(); resolve(isThere) }
    socket.once('data', () => { end(true) }).once('error', () => { end(false) }).setTimeout(1000, () => { end(false) })
  })
}

async function until(isSo: () => boolean | Promise<boolean>, complaint: string | (() => string)): Promise<void> {
  const deadlineMs = performance.now() + startLimitMs
  while (!await isSo()) {
    if (performance.now() > deadlineMs) throw new Error(typeof complaint === 'string' ? complaint : complaint())
    await new Promise((resolve) => { setTimeout(resolve, 20) })
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => { resolve(typeof address === 'object' && address !== null ? address.port : 0) })
    })
  })
}
