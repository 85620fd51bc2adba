// What can be told of a virtual machine without asking it: from its configuration and its process. qm list shows it for all machines, so
// it must stay cheap: no QMP, no storage.
import type {Host, ProcessId} from '../../host/index.ts'
import type {Places} from '../../base/index.ts'
import type {GuestConfig} from '../guest-config.ts'
import {parseSize} from '../../spec/size.ts'
import {readBootOrder} from './boot-order.ts'
import {driveKeys} from './config/drives.ts'
import {isCdromText, parseDriveText} from './drives/drive-text.ts'
import {isYes} from './guest-files.ts'
import {runtimeStatus} from './runtime/status.ts'

/** With Proxmox VE's names, which scripts know. */
export interface GuestStatus {
  readonly vmid: number
  readonly name: string
  readonly status: 'running' | 'stopped'
  /** QEMU's own word for a running machine (paused, prelaunch); the same as status where it was not asked. */
  readonly qmpstatus: string
  readonly cpus: number
  /** Bytes. */
  readonly maxmem: number
  /** The size of the boot disk in bytes. */
  readonly maxdisk: number
  readonly uptime: number
  readonly mem: number
  readonly disk: number
  readonly netin: number
  readonly netout: number
  readonly diskread: number
  readonly diskwrite: number
  readonly pid?: number
  readonly tags?: string
  readonly lock?: string
  readonly template?: number
  readonly [more: string]: unknown
}

export interface StatusContext {
  readonly host: Host
  readonly places: Places
}

/**
 * The state of one machine, from its configuration and its process.
 * @param mayRun false for one that is known to have no PID file
 */
export async function guestStatus(vmid: number, config: GuestConfig, context: StatusContext, mayRun = true): Promise<GuestStatus> {
  const running = mayRun ? await runtimeStatus(vmid, context) : undefined
  const {values} = config.current
  const usage = running === undefined ? {uptime: 0, mem: 0} : await processUsage(running, context.host)
  const status = running === undefined ? 'stopped' : 'running'
  return {
    vmid, name: values['name'] ?? `VM ${vmid}`, status, qmpstatus: status,
    cpus: cpuCount(values), maxmem: memoryBytes(values['memory']), maxdisk: bootDiskBytes(values),
    ...usage, disk: 0, netin: 0, netout: 0, diskread: 0, diskwrite: 0,
    ...(running === undefined ? {} : {pid: running.pid}),
    ...(values['tags'] === undefined ? {} : {tags: values['tags']}),
    ...(values['lock'] === undefined ? {} : {lock: values['lock']}),
    ...(isYes(values['template']) ? {template: 1} : {}),
  }
}

function cpuCount(values: Readonly<Record<string, string>>): number {
  const count = (key: string) => Number(/^\d{1,6}$/.exec(values[key] ?? '')?.[0] ?? 1)
  const all = count('sockets') * count('cores')
  return values['vcpus'] === undefined ? all : Math.min(all, count('vcpus'))
}

/** `memory: 2048` or `memory: current=2048`, in MiB; read leniently, as a list must be shown whatever stands in a file. */
function memoryBytes(memory: string | undefined): number {
  const mebibytes = /(?:^|,)(?:current=)?(\d{1,9})(?:,|$)/.exec(memory ?? '512')?.[1]
  return Number(mebibytes ?? 0) * 1024 ** 2
}

/** The recorded size of the first disk in the boot order; 0 when there is none or its size is not recorded. */
export function bootDiskBytes(values: Readonly<Record<string, string>>): number {
  const order = readBootOrder(values['boot'])
  const legacy = values['bootdisk'] === undefined ? driveKeys : [values['bootdisk'], ...driveKeys]
  const candidates = order === undefined || values['boot'] === undefined ? legacy : order
  for (const key of candidates) {
    const value = values[key]
    if (value === undefined || !driveKeys.includes(key)) continue
    const drive = parseDriveText(value)
    if (!isCdromText(drive)) return sizeBytes(drive.options['size'])
  }
  return 0
}

function sizeBytes(size: string | undefined): number {
  try {
    return size === undefined ? 0 : parseSize(size)
  } catch {
    // A size edited by hand into nonsense is for information only and must not keep a list from being shown.
    return 0
  }
}

/** Seconds since its start, and memory in bytes, of a process (proc(5)); zeros when it ends meanwhile. */
async function processUsage(process: ProcessId, host: Host): Promise<{uptime: number; mem: number}> {
  try {
    const [uptime, statm] = await Promise.all([host.files.readText('/proc/uptime'), host.files.readText(`/proc/${process.pid}/statm`)])
    const upSeconds = Number(uptime.split(' ')[0])
    // The kernel reports start times in hundredths of a second on every architecture that QEMU has KVM for (USER_HZ).
    const uptimeSeconds = Math.max(0, Math.floor(upSeconds - Number(process.startTime) / 100))
    return {uptime: uptimeSeconds, mem: Number(statm.split(' ')[1]) * pageBytes}
  } catch {
    return {uptime: 0, mem: 0}
  }
}

const pageBytes = 4096
