// Whether a container runs, told from its processes and from nothing else: the process named in its PID file must live and be LXC's monitor
// for this very container, as its title says. Nothing here changes anything.
import {AppError} from '../../../base/index.ts'
import type {Clock, Places} from '../../../base/index.ts'
import type {Host, ProcessId} from '../../../host/index.ts'
import {containerPaths, containerRunDir} from './paths.ts'

export interface RuntimeContext {
  readonly host: Host
  readonly places: Places
}

/** LXC's monitor of a running container; undefined when it does not run. */
export async function monitorOf(vmid: number, {host, places}: RuntimeContext): Promise<ProcessId | undefined> {
  const {pid: pidPath, lxcPath} = containerPaths(places, vmid)
  const text = await textIfThere(host, pidPath)
  const pid = /^\s*([1-9]\d{0,9})\s*$/.exec(text ?? '')?.[1]
  const process = pid === undefined ? undefined : await host.process(Number(pid))
  return process !== undefined && await isMonitorOf(process.pid, vmid, lxcPath, host) ? process : undefined
}

/** Which run it is that nobody has cleared up after, or that goes on; undefined when everything is cleared up. */
export async function uncleanedRun(vmid: number, {host, places}: RuntimeContext): Promise<string | undefined> {
  return (await textIfThere(host, containerPaths(places, vmid).run))?.trim()
}

/** The first process of a running container, as the host numbers it; undefined while there is none. */
export async function initOf(monitor: ProcessId, host: Host): Promise<number | undefined> {
  const text = await textIfThere(host, `/proc/${monitor.pid}/task/${monitor.pid}/children`)
  const pid = /^\s*(\d+)/.exec(text ?? '')?.[1]
  return pid === undefined ? undefined : Number(pid)
}

/** The numbers of the containers that run, or that ended and nobody has cleared up after; smallest first. */
export async function containersWithRun({host, places}: RuntimeContext): Promise<number[]> {
  const names = await host.files.list(containerRunDir(places))
  return names.flatMap((name) => { const match = /^([1-9]\d{2,8})\.run$/.exec(name); return match === null ? [] : [Number(match[1])] }).sort((a, b) => a - b)
}

/** The numbers of the containers that run, smallest first. */
export async function runningContainers(context: RuntimeContext): Promise<number[]> {
  const running: number[] = []
  for (const vmid of await containersWithRun(context)) if (await monitorOf(vmid, context) !== undefined) running.push(vmid)
  return running
}

/** All monitors of a container, by a look at all processes: also one whose PID file was not written. Slow, for recovery only. */
export async function findMonitors(vmid: number, {host, places}: RuntimeContext): Promise<ProcessId[]> {
  const {lxcPath} = containerPaths(places, vmid)
  const found: ProcessId[] = []
  for (const name of await host.files.list('/proc')) {
    if (!/^[1-9]\d*$/.test(name) || !await isMonitorOf(Number(name), vmid, lxcPath, host)) continue
    const process = await host.process(Number(name))
    if (process !== undefined && await isMonitorOf(process.pid, vmid, lxcPath, host)) found.push(process)
  }
  return found
}

/** LXC's monitor calls itself `[lxc monitor] PATH NAME`; `lxc-start` before that has the path in its arguments. */
async function isMonitorOf(pid: number, vmid: number, lxcPath: string, host: Host): Promise<boolean> {
  const words = (await textIfThere(host, `/proc/${pid}/cmdline`) ?? '').split(/[\0 ]+/)
  const title = words.join(' ').trim()
  if (title === `[lxc monitor] ${lxcPath} ${vmid}`) return true
  return /(?:^|\/)lxc-start$/.test(words[0] ?? '') && words.includes(lxcPath) && words[words.indexOf('-n') + 1] === String(vmid)
}

/** Waits until a process has ended; says whether it did within the time. */
export async function waitForEnd(process: ProcessId, limitMs: number, {host, clock, signal}: {host: Host; clock: Clock; signal?: AbortSignal}): Promise<boolean> {
  const deadline = clock.monotonicMs() + limitMs
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 200)) {
    if ((await host.process(process.pid))?.startTime !== process.startTime) return true
    const leftMs = deadline - clock.monotonicMs()
    if (leftMs <= 0) return false
    await clock.sleep(Math.min(pauseMs, leftMs), signal)
  }
}

/** A file of the kernel or of the run folder; undefined when it is gone. */
export async function textIfThere(host: Host, path: string): Promise<string | undefined> {
  try {
    return await host.files.readText(path, 64 * 1024)
  } catch (error) {
    // A process that ends while it is looked at answers ESRCH instead of ENOENT; both mean that it is gone.
    if (error instanceof AppError && (error.kind === 'not-found' || (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ESRCH' || error.kind === 'invalid-input')) return undefined
    throw error
  }
}
