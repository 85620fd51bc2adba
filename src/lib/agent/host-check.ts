// What a host can do and what it lacks, for `corral host check` and `corral host add`. It looks and changes nothing.
import type {Host} from '../host/index.ts'
import type {HostCheck} from '../host/protocol/index.ts'
import {missingIdRanges, rangeInWords} from '../hosts/host-settings.ts'
import type {Context} from '../tasks/index.ts'

interface Needed { readonly program: string; readonly package: string; readonly neededFor: string }

const needed: readonly Needed[] = [
  {program: 'qemu-system-x86_64', package: 'qemu-system-x86', neededFor: 'virtual machines'},
  {program: 'qemu-img', package: 'qemu-utils', neededFor: 'disk images'},
  {program: 'ip', package: 'iproute2', neededFor: 'network devices of guests'},
]
const storagePrograms = ['qemu-img', 'lvs', 'zfs', 'rbd', 'ceph', 'iscsiadm', 'mount.nfs', 'mount.cifs', 'mkfs.ext4', 'mkfs.xfs'] as const

export async function checkHost({host, places, node, caller}: Pick<Context, 'host' | 'places' | 'node' | 'caller'>, version: string): Promise<HostCheck> {
  const [system, kernel, cpuText, memoryText, qemu, lxc, kvmDevice, cgroups, storageTools, missing, disk, subuids, subgids, hasBridge] = await Promise.all([
    text(host, '/etc/os-release'), text(host, '/proc/sys/kernel/osrelease'), text(host, '/proc/cpuinfo'), text(host, '/proc/meminfo'),
    versionOf(host, 'qemu-system-x86_64', /version (\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)\b/), versionOf(host, 'lxc-start', /(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)\b/),
    host.files.stat('/dev/kvm'), cgroupsOf(host), present(host, storagePrograms), missingOf(host), diskOf(host, places.stateDir),
    text(host, '/etc/subuid'), text(host, '/etc/subgid'), hasAnyBridge(host),
  ])
  const cpus = cpuText.match(/^processor\s*:/gm)?.length ?? 0
  const hasFlag = /^(?:flags|Features)[ \t]*:(.*)$/m.exec(cpuText)?.[1]?.split(' ').some((flag) => flag === 'vmx' || flag === 'svm') === true
  // As for the start of a guest: the device alone says little within a virtual machine.
  const kvm = kvmDevice?.kind === 'character' && (process.arch === 'arm64' || hasFlag) ? {usable: true, reason: ''}
    : {usable: false, reason: hasFlag && kvmDevice === undefined ? '/dev/kvm is missing: the module kvm_intel or kvm_amd is not loaded' : 'the processor offers no virtualization, or it is off in the firmware'}
  return {
    node, version, user: caller.user, isRoot: caller.isRoot, kernel: kernel.trim(), architecture: process.arch, nodeVersion: process.version, cpus, qemu, lxc, kvm, cgroups,
    system: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(system)?.[1] ?? '',
    memoryBytes: Number(/^MemTotal:\s*(\d+) kB$/m.exec(memoryText)?.[1] ?? 0) * 1024,
    storageTools, disk, missingPackages: missing,
    settings: missingIdRanges({subuids: subuids.split('\n'), subgids: subgids.split('\n')}).map((range) => (
      {setting: `${range.kind === 'subuids' ? 'user' : 'group'} ids ${rangeInWords(range)} for root`, neededFor: 'unprivileged containers'}
    )),
    problems: [
      ...(caller.isRoot ? [] : [`The agent works as ${caller.user}, who may not look into the configuration of this host.`]),
      ...(isDebian(system) ? [] : ['This is no Debian; packages have to be installed by hand.']),
      ...(kvm.usable ? [] : [`Guests run without the processor's help, slowly: ${kvm.reason}.`]),
      ...(cgroups === 'v2' ? [] : [`Control groups are ${cgroups === 'none' ? 'not mounted' : cgroups}; containers need v2.`]),
      ...(hasBridge ? [] : ['There is no bridge, so guests have no network; make one in /etc/network/interfaces (bridge-utils-interfaces(5), package bridge-utils).']),
      ...(disk.availableBytes < 1024 ** 3 ? [`Less than 1 GiB is free below ${disk.path}.`] : []),
    ],
  }
}

/** By /etc/os-release (os-release(5)): Debian itself, or a system that says that it is like it. */
function isDebian(osRelease: string): boolean {
  return osRelease.split('\n').some((line) => /^ID(?:_LIKE)?=/.test(line) && line.slice(line.indexOf('=') + 1).split(/["' ]/).includes('debian'))
}

/** Making one over the network that would go through it may end the connection, so it is only named. */
async function hasAnyBridge(host: Host): Promise<boolean> {
  const found = await Promise.all((await host.files.list('/sys/class/net')).map((name) => host.files.stat(`/sys/class/net/${name}/bridge`)))
  return found.some((folder) => folder !== undefined)
}

/** A file of the kernel or the system; empty when it is not there. */
async function text(host: Host, path: string): Promise<string> {
  try {
    // Files of /proc have no size, so they are read in one piece up to a bound.
    return (await host.files.readAt(path, 0, 1024 * 1024)).toString('utf8')
  } catch {
    return ''
  }
}

async function versionOf(host: Host, program: string, pattern: RegExp): Promise<string | null> {
  if (await host.which(program) === undefined) return null
  try {
    const {stdout} = await host.run([program, '--version'], {timeoutMs: 10_000})
    return pattern.exec(stdout)?.[1] ?? null
  } catch {
    return null
  }
}

async function cgroupsOf(host: Host): Promise<HostCheck['cgroups']> {
  if (await host.files.stat('/sys/fs/cgroup/cgroup.controllers') !== undefined) return 'v2'
  if (await host.files.stat('/sys/fs/cgroup/unified/cgroup.controllers') !== undefined) return 'hybrid'
  return await host.files.stat('/sys/fs/cgroup/memory') === undefined ? 'none' : 'v1'
}

async function present(host: Host, programs: readonly string[]): Promise<string[]> {
  const found = await Promise.all(programs.map(async (program) => await host.which(program) === undefined ? [] : [program]))
  return found.flat()
}

async function missingOf(host: Host): Promise<HostCheck['missingPackages']> {
  const found = await Promise.all(needed.map(async (entry) => await host.which(entry.program) === undefined ? [{package: entry.package, neededFor: entry.neededFor}] : []))
  return found.flat()
}

/** The file system of the folder, or of what will hold it. */
async function diskOf(host: Host, folder: string): Promise<HostCheck['disk']> {
  for (let path = folder; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    if (await host.files.stat(path, {followLinks: true}) === undefined) continue
    const {totalBytes, availableBytes} = await host.files.space(path)
    return {path, totalBytes, availableBytes}
  }
  const {totalBytes, availableBytes} = await host.files.space('/')
  return {path: '/', totalBytes, availableBytes}
}
