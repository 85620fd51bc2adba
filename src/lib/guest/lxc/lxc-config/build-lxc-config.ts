// LXC's configuration (lxc.container.conf(5)) from that of a container and facts. Pure: data in, lines out. Each concern has a module of its own; what a
// raw line says comes last and so prevails.
import {InvalidInputError} from '../../../base/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {formatRange, idMapOf, mountPoints, netsOf} from '../config/index.ts'
import type {HostFacts} from '../facts/host-facts.ts'
import {deviceLines} from './devices.ts'
import type {PassedDevice} from './devices.ts'
import {limitLines} from './limits.ts'
import {mountLines} from './mounts.ts'
import {networkLines} from './network.ts'
import {processLines} from './process.ts'
import {securityLines} from './security.ts'

/** A line of the configuration. */
export type LxcLine = readonly [key: string, value: string]

export interface LxcConfigFacts {
  readonly vmid: number
  readonly host: HostFacts
  /** Where the root file system is mounted, and the place of a mount point, in the mount space. */
  readonly rootfs: string
  readonly placeOf: (key: string) => string
  /** The mount points that are folders; the others are files. */
  readonly bridgeMtus: Readonly<Record<string, number>>
  /** The devices that it is given. */
  readonly devices: readonly PassedDevice[]
  /** The processors that were chosen for it; undefined for all. */
  readonly cpus: readonly number[] | undefined
  /** Its own filter of system calls; undefined where LXC's serves. */
  readonly seccompPath: string | undefined
  /** The shell words that LXC runs when the container has ended. */
  readonly postStopHook: string
}

/** @throws InvalidInputError naming a key whose value is wrong */
export function buildLxcConfig(section: ConfigSection, facts: LxcConfigFacts): LxcLine[] {
  const {values, raw = []} = section
  const map = idMapOf(section)
  const isUnprivileged = map.length > 0
  const {host, vmid} = facts
  return [
    ['lxc.include', host.commonConfig],
    ...(isUnprivileged ? [['lxc.include', host.usernsConfig] as const] : []),
    ['lxc.arch', archOf(values['arch'])],
    ['lxc.uts.name', values['hostname'] ?? `CT${vmid}`],
    ['lxc.rootfs.path', `dir:${facts.rootfs}`],
    ...(raw.some(([key]) => key === 'lxc.idmap') ? [] : map.map((range): LxcLine => ['lxc.idmap', formatRange(range)])),
    ...securityLines(values, {isUnprivileged, host, seccompPath: facts.seccompPath}),
    ...processLines(values),
    ...limitLines(values, host, facts.cpus),
    ...mountLines(mountPoints(values), facts.placeOf),
    ...deviceLines(facts.devices, isUnprivileged, facts.placeOf),
    ...networkLines(netsOf(values), vmid, facts.bridgeMtus),
    ['lxc.hook.post-stop', facts.postStopHook],
    ...raw,
  ]
}

/** As lxc.container.conf(5) names architectures. */
function archOf(arch = 'amd64'): string {
  const names: Readonly<Record<string, string>> = {amd64: 'x86_64', i386: 'i686', arm64: 'aarch64', armhf: 'armv7l', riscv32: 'riscv32', riscv64: 'riscv64'}
  return names[arch] ?? arch
}

/** @throws InvalidInputError when a value would become another line */
export function lxcConfigText(lines: readonly LxcLine[]): string {
  return lines.map(([key, value]) => {
    if (/[\u0000-\u001f\u007f]/.test(value) || !/^lxc\.[a-z0-9_.-]+$/.test(key)) throw new InvalidInputError(`the value of '${key}' holds control characters`, {[key]: 'holds control characters'})
    return `${key} = ${value}\n`
  }).join('')
}
