// What can be told of a container without asking it: from its configuration and its processes. pct list shows it for all containers, so it must stay cheap.
import type {Params} from '../../spec/index.ts'
import {parseSize} from '../../spec/size.ts'
import type {GuestConfig} from '../guest-config.ts'
import {isYes} from '../guest-files.ts'
import {monitorOf} from './runtime/status.ts'
import type {RuntimeContext} from './runtime/status.ts'
import {runningUsage} from './runtime/usage.ts'

/** With Proxmox VE's names, which scripts know. */
export interface ContainerStatus {
  readonly vmid: number
  readonly name: string
  readonly status: 'running' | 'stopped'
  readonly type: 'lxc'
  readonly cpus: number
  /** Bytes. */
  readonly maxmem: number
  readonly maxswap: number
  readonly maxdisk: number
  readonly uptime: number
  /** Bytes. */
  readonly mem: number
  readonly swap: number
  /** Of its processors, on average since its start: 1 when all of them were busy. */
  readonly cpu: number
  /** Bytes. */
  readonly disk: number
  readonly diskread: number
  readonly diskwrite: number
  readonly netin: number
  readonly netout: number
  readonly suspended?: number
  readonly addresses?: readonly string[]
  readonly pid?: number
  readonly tags?: string
  readonly lock?: string
  readonly template?: number
}

export const statusProperties = {
  vmid: {type: 'integer', description: 'Its number.'},
  name: {type: 'string', description: 'Its host name.'},
  status: {type: 'string', enum: ['running', 'stopped'], description: 'Whether it runs.'},
  type: {type: 'string', enum: ['lxc'], description: 'The type of guest.'},
  cpus: {type: 'number', description: 'How many processors it has; 0 for all of the host.'},
  maxmem: {type: 'integer', description: 'Its memory in bytes.'},
  maxswap: {type: 'integer', description: 'Its swap space in bytes.'},
  maxdisk: {type: 'integer', description: 'The size of its root file system in bytes; 0 without a limit.'},
  uptime: {type: 'integer', description: 'Seconds since its start.'},
  mem: {type: 'integer', description: 'The memory that it uses, without caches that the kernel gives up at will, in bytes.'},
  swap: {type: 'integer', description: 'The swap space that it uses, in bytes.'},
  cpu: {type: 'number', description: 'How busy its processors were since its start: from 0 to 1, which is all of them.'},
  disk: {type: 'integer', description: 'What its root file system holds, in bytes. Only in `pct status --verbose`, else 0.'},
  diskread: {type: 'integer', description: 'Bytes read from disks.'},
  diskwrite: {type: 'integer', description: 'Bytes written to disks.'},
  netin: {type: 'integer', description: 'Bytes that came in over its interfaces.'},
  netout: {type: 'integer', description: 'Bytes that went out over its interfaces.'},
  suspended: {type: 'integer', optional: true, description: '1 while it is suspended.'},
  addresses: {type: 'array', items: {type: 'string'}, optional: true, description: 'Its addresses, those of IPv4 first, without link-local ones.'},
  pid: {type: 'integer', optional: true, description: 'The number of LXC\'s monitor of it, while it runs.'},
  tags: {type: 'string', optional: true, description: 'Its tags.'},
  lock: {type: 'string', optional: true, description: 'The lock that its configuration carries.'},
  template: {type: 'integer', optional: true, description: '1 for a template.'},
} as const satisfies Params

export async function containerStatus(vmid: number, config: GuestConfig, context: RuntimeContext): Promise<ContainerStatus> {
  const monitor = await monitorOf(vmid, context)
  const {values} = config.current
  const mebibytes = (key: string) => Number(/^\d{1,9}$/.exec(values[key] ?? '512')?.[0] ?? 0) * 1024 ** 2
  const cpus = Number(/^\d{1,6}$/.exec(values['cores'] ?? '')?.[0] ?? 0)
  return {
    vmid, name: values['hostname'] ?? `CT${vmid}`, status: monitor === undefined ? 'stopped' : 'running', type: 'lxc',
    cpus, maxmem: mebibytes('memory'), maxswap: mebibytes('swap'), maxdisk: rootBytes(values['rootfs']),
    ...(monitor === undefined ? idle : {...idle, ...await runningUsage(vmid, monitor, cpus, context), pid: monitor.pid}),
    ...(values['tags'] === undefined ? {} : {tags: values['tags']}),
    ...(values['lock'] === undefined ? {} : {lock: values['lock']}),
    ...(isYes(values['template']) ? {template: 1} : {}),
  }
}

const idle = {uptime: 0, mem: 0, swap: 0, cpu: 0, disk: 0, diskread: 0, diskwrite: 0, netin: 0, netout: 0}

/** The recorded size; a size edited by hand into nonsense must not keep a list from being shown. */
function rootBytes(rootfs: string | undefined): number {
  const size = /(?:^|,)size=([^,]{1,20})/.exec(rootfs ?? '')?.[1]
  try {
    return size === undefined ? 0 : parseSize(size)
  } catch {
    return 0
  }
}
