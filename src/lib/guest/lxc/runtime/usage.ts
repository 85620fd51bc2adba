// What a running container takes of the host, and its addresses: from its control groups and from /proc, so that a list of many stays cheap. What cannot be
// read counts as nothing: a container may end while it is looked at.
import type {Host, ProcessId} from '../../../host/index.ts'
import {containerGroups} from './control-groups.ts'
import type {GroupFolder} from './control-groups.ts'
import {isFrozenGroup} from './freezing.ts'
import {initOf, textIfThere} from './status.ts'
import type {RuntimeContext} from './status.ts'

export interface RunningUsage {
  readonly uptime: number
  readonly mem: number
  readonly swap: number
  readonly cpu: number
  readonly diskread: number
  readonly diskwrite: number
  readonly netin: number
  readonly netout: number
  readonly suspended?: number
  readonly addresses?: readonly string[]
}

/** @param cpus how many processors it has; 0 for all of the host */
export async function runningUsage(vmid: number, monitor: ProcessId, cpus: number, {host}: RuntimeContext): Promise<Partial<RunningUsage>> {
  const init = await initOf(monitor, host)
  const groups = await containerGroups(vmid, monitor, host)
  if (init === undefined || groups === undefined) return {uptime: await uptimeSeconds(monitor, host)}
  const first = await host.process(init)
  const [uptime, memory, cpuSeconds, disk, frozen, network, v4, v6, hostCpus] = await Promise.all([
    uptimeSeconds(first ?? monitor, host), memoryOf(groups('memory'), host), cpuSecondsOf(groups('cpuacct') ?? groups('cpu'), host), diskBytesOf(groups('blkio') ?? groups('io'), host),
    isFrozenGroup(groups('freezer'), {host}),
    textIfThere(host, `/proc/${init}/net/dev`), textIfThere(host, `/proc/${init}/net/fib_trie`), textIfThere(host, `/proc/${init}/net/if_inet6`),
    cpus === 0 ? textIfThere(host, '/sys/devices/system/cpu/online') : undefined,
  ])
  const processors = cpus === 0 ? onlineCount(hostCpus ?? '') : cpus
  const addresses = [...localAddresses(v4 ?? ''), ...ipv6Addresses(v6 ?? '')]
  return {
    uptime, ...memory, ...disk, ...interfaceBytes(network ?? ''), cpu: uptime === 0 ? 0 : Math.round(cpuSeconds / uptime / processors * 10_000) / 10_000,
    ...(frozen ? {suspended: 1} : {}), ...(addresses.length === 0 ? {} : {addresses}),
  }
}

async function uptimeSeconds({startTime}: ProcessId, host: Host): Promise<number> {
  const uptime = Number((await host.files.readText('/proc/uptime')).split(' ')[0])
  // The kernel reports start times in hundredths of a second (USER_HZ).
  return Math.max(0, Math.floor(uptime - Number(startTime) / 100))
}

/** Without the caches of files, which the kernel gives up when somebody needs memory. */
async function memoryOf(folder: GroupFolder | undefined, host: Host): Promise<{mem: number; swap: number}> {
  if (folder === undefined) return {mem: 0, swap: 0}
  const of = (name: string) => textIfThere(host, `${folder.path}/${name}`)
  const isV1 = folder.version === 1
  const [used, withSwap, stat] = await Promise.all([of(isV1 ? 'memory.usage_in_bytes' : 'memory.current'), of(isV1 ? 'memory.memsw.usage_in_bytes' : 'memory.swap.current'), of('memory.stat')])
  const cache = field(stat, isV1 ? 'total_inactive_file' : 'inactive_file')
  const usedBytes = numberIn(used)
  return {mem: Math.max(0, usedBytes - cache), swap: isV1 ? Math.max(0, numberIn(withSwap) - usedBytes) : numberIn(withSwap)}
}

async function cpuSecondsOf(folder: GroupFolder | undefined, host: Host): Promise<number> {
  if (folder === undefined) return 0
  if (folder.version === 1) return numberIn(await textIfThere(host, `${folder.path}/cpuacct.usage`)) / 1e9
  return field(await textIfThere(host, `${folder.path}/cpu.stat`), 'usage_usec') / 1e6
}

async function diskBytesOf(folder: GroupFolder | undefined, host: Host): Promise<{diskread: number; diskwrite: number}> {
  if (folder === undefined) return {diskread: 0, diskwrite: 0}
  const text = await textIfThere(host, `${folder.path}/${folder.version === 1 ? 'blkio.throttle.io_service_bytes' : 'io.stat'}`) ?? ''
  const sum = (pattern: RegExp) => [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0)
  return folder.version === 1 ? {diskread: sum(/ Read (\d{1,18})$/gm), diskwrite: sum(/ Write (\d{1,18})$/gm)} : {diskread: sum(/ rbytes=(\d{1,18})/g), diskwrite: sum(/ wbytes=(\d{1,18})/g)}
}

function numberIn(text: string | undefined): number {
  return Number(/^\s*(\d{1,18})\s*$/.exec(text ?? '')?.[1] ?? 0)
}

/** `NAME NUMBER` lines. */
function field(text: string | undefined, name: string): number {
  const line = (text ?? '').split('\n').find((each) => each.startsWith(`${name} `))
  return numberIn(line?.slice(name.length + 1))
}

function onlineCount(text: string): number {
  const count = text.trim().split(',').reduce((sum, part) => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return sum + last - first + 1
  }, 0)
  return Number.isFinite(count) && count > 0 ? count : 1
}

/** /proc/PID/net/dev as the container sees it, without its loopback. proc_pid_net(5). Pure. */
export function interfaceBytes(text: string): {netin: number; netout: number} {
  let [netin, netout] = [0, 0]
  for (const line of text.split('\n')) {
    const match = /^ {0,16}([^\s:]{1,15}):(.{1,400})$/.exec(line)
    if (match === null || match[1] === 'lo') continue
    const numbers = (match[2] ?? '').trim().split(/\s+/).map(Number)
    netin += numbers[0] ?? 0
    netout += numbers[8] ?? 0
  }
  return {netin, netout}
}

/** Addresses of IPv4 in /proc/PID/net/fib_trie: those that the kernel calls local to a host. Pure. */
export function localAddresses(text: string): string[] {
  const found = new Set<string>()
  let last = ''
  for (const line of text.split('\n')) {
    const address = /^ *\|-- (\d{1,3}(?:\.\d{1,3}){3})$/.exec(line)?.[1]
    if (address !== undefined) last = address
    else if (/^ *\/32 host LOCAL$/.test(line) && last !== '' && !last.startsWith('127.')) found.add(last)
  }
  return [...found]
}

/** Addresses of IPv6 in /proc/PID/net/if_inet6, without loopback and link-local ones. Pure. */
export function ipv6Addresses(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([0-9a-f]{32}) [0-9a-f]{2} [0-9a-f]{2} ([0-9a-f]{2}) /.exec(line)
    // Scope 0 is global.
    if (match?.[1] === undefined || match[2] !== '00') return []
    return [new URL(`http://[${match[1].match(/.{4}/g)?.join(':') ?? ''}]`).hostname.slice(1, -1)]
  })
}
