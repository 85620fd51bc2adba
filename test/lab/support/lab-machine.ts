// The QEMU of one lab host: its disks, its settings, its process. It ends with the process that started it, however that ends.
import {execFile, spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {mkdir, readFile, rm, truncate, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {promisify} from 'node:util'
import type {LabImage} from './lab-image.ts'

const run = promisify(execFile)

export interface MachineWish {
  readonly name: string
  /** From 1; its address between the hosts is 10.98.0.<number>. */
  readonly number: number
  /** Where its files are; made. */
  readonly folder: string
  /** Forwarded from 127.0.0.1 to its SSH server. */
  readonly sshPort: number
  readonly memoryMib: number
  /** Sizes of its spare disks, /dev/disk/by-id/virtio-disk1 and so on; sparse files. */
  readonly diskBytes: readonly number[]
  readonly switchPath: string
  readonly hostKeyPath: string
  readonly authorizedKey: string
  /** Lines of /etc/hosts for all hosts of the lab. */
  readonly neighbours: readonly string[]
}

export interface Machine {
  readonly pid: number
  isRunning(): boolean
  /** What its kernel and its services wrote on the serial port. */
  consoleLog(): Promise<string>
  /** SIGKILL: as if the power had gone. */
  cut(): Promise<void>
}

export const privateAddress = (number: number): string => `10.98.0.${number}`

/** Makes the files of a host that is to be started, as often as one likes. */
export async function prepareMachine(image: LabImage, wish: MachineWish): Promise<void> {
  await mkdir(wish.folder, {recursive: true})
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', image.disk, '--', join(wish.folder, 'root.qcow2')])
  for (const [index, bytes] of wish.diskBytes.entries()) {
    await writeFile(diskPath(wish, index), '')
    await truncate(diskPath(wish, index), bytes)
  }
  await writeSettings(wish)
}

export function startMachine(image: LabImage, wish: MachineWish): Machine {
  const argv = ['--pdeathsig', 'KILL', '--', image.qemu, ...machineArgv(image, wish)]
  const child = spawn('setpriv', argv, {stdio: ['ignore', 'ignore', 'pipe']})
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => { complaint = (complaint + chunk.toString()).slice(-10_000) })
  return {
    pid: child.pid ?? 0,
    isRunning: () => isAlive(child),
    consoleLog: async () => `${await readFile(join(wish.folder, 'console.log'), 'utf8').catch(() => '')}${complaint}`,
    cut: () => end(child),
  }
}

function machineArgv(image: LabImage, wish: MachineWish): string[] {
  const drive = (id: string, file: string, format: string, more = '') => [
    '-drive', `if=none,id=${id},file=${file},format=${format},discard=unmap,${more === '' ? 'cache=writeback' : more}`,
    '-device', `virtio-blk-pci,drive=${id},serial=${id}`,
  ]
  const mac = (net: number) => `52:54:00:98:0${net}:0${wish.number}`
  return [
    '-name', `corral-lab-${wish.name}`, '-nodefaults', '-no-user-config', '-display', 'none', '-accel', 'tcg,thread=multi', '-machine', 'q35,sata=off,smbus=off', '-cpu', 'max,la57=off,svm=off',
    '-smp', '2', '-m', String(wish.memoryMib), '-serial', `file:${join(wish.folder, 'console.log')}`,
    '-object', 'rng-random,filename=/dev/urandom,id=rng', '-device', 'virtio-rng-pci,rng=rng',
    '-kernel', image.kernel, '-initrd', image.initrd,
    '-append', 'root=LABEL=corral-lab rw console=ttyS0,115200 quiet mitigations=off tsc=unstable panic=5 systemd.show_status=0 systemd.ssh_auto=no',
    ...drive('root', join(wish.folder, 'root.qcow2'), 'qcow2'),
    ...drive('settings', join(wish.folder, 'settings.tar'), 'raw', 'read-only=on'),
    // What a guest of the host has flushed is in files of this machine, which survive a SIGKILL of QEMU without being synced.
    ...wish.diskBytes.flatMap((_bytes, index) => drive(`disk${index + 1}`, diskPath(wish, index), 'raw', 'cache=unsafe')),
    '-netdev', `user,id=nat,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:${wish.sshPort}-:22`, '-device', `virtio-net-pci,netdev=nat,mac=${mac(1)},romfile=`,
    '-netdev', `stream,id=private,server=off,addr.type=unix,addr.path=${wish.switchPath}`, '-device', `virtio-net-pci,netdev=private,mac=${mac(2)},romfile=`,
  ]
}

const diskPath = (wish: MachineWish, index: number): string => join(wish.folder, `disk${index + 1}.raw`)

/** The settings disk: a tar archive, which the host unpacks into its root before its network starts. */
async function writeSettings(wish: MachineWish): Promise<void> {
  const folder = join(wish.folder, 'settings')
  const network = (net: number, address: string) => `[Match]\nMACAddress=52:54:00:98:0${net}:0${wish.number}\n[Network]\nAddress=${address}\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n`
  const files: Readonly<Record<string, readonly [string, number]>> = {
    'etc/hostname': [`${wish.name}\n`, 0o644],
    'etc/hosts': [`127.0.0.1 localhost\n${wish.neighbours.join('\n')}\n`, 0o644],
    'etc/ssh/ssh_host_ed25519_key': [await readFile(wish.hostKeyPath, 'utf8'), 0o600],
    'root/.ssh/authorized_keys': [`${wish.authorizedKey}\n`, 0o600],
    'etc/systemd/network/nat.network': [network(1, '10.0.2.15/24'), 0o644],
    'etc/systemd/network/private.network': [network(2, `${privateAddress(wish.number)}/24`), 0o644],
  }
  for (const [path, [text, mode]] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), {recursive: true})
    await writeFile(join(folder, path), text, {mode})
  }
  // Files only: a folder in the archive would bring its owner and mode along.
  await run('tar', ['-c', '-f', join(wish.folder, 'settings.tar'), '-C', folder, '--owner=0', '--group=0', '--', ...Object.keys(files)])
  await rm(folder, {recursive: true})
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

function end(child: ChildProcess): Promise<void> {
  if (!isAlive(child)) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
