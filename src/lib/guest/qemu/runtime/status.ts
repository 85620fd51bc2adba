// Whether a virtual machine runs, told from its processes and from nothing else. A PID file alone is never believed: QEMU that was
// killed leaves it behind, and the kernel gives its number to someone else. So the process must live and must have been started with
// the PID file of this very guest in its command line. Names and paths come from sockets.ts; nothing here changes anything.
import type {Clock, Places} from '../../../base/index.ts'
import {AppError} from '../../../base/index.ts'
import type {Host, ProcessId} from '../../../host/index.ts'
import {guestPaths, guestRunDir} from './sockets.ts'

/** What a look at processes needs of a Context. */
export interface RuntimeContext {
  readonly host: Host
  readonly places: Places
}

const maxPidFileBytes = 64
/** QEMU's command line of a large guest is some 20 KiB; the kernel's own limit is far higher. */
const maxCommandLineBytes = 512 * 1024

/**
 * The process of a running virtual machine, undefined when it does not run.
 * @throws AppError when files cannot be read for another reason than that they are not there
 */
export async function runtimeStatus(vmid: number, {host, places}: RuntimeContext): Promise<ProcessId | undefined> {
  const {pid: pidPath} = guestPaths(places, vmid)
  const pid = parsePidFile(await readIfThere(host, pidPath, maxPidFileBytes))
  if (pid === undefined) return undefined
  const process = await host.process(pid)
  if (process === undefined) return undefined
  return await isQemuOf(process, pidPath, host) ? process : undefined
}

/** @returns the VMIDs of the virtual machines that run on this host, smallest first */
export async function runningGuests(context: RuntimeContext): Promise<number[]> {
  const running: number[] = []
  for (const vmid of await guestsWithPidFile(context)) {
    if (await runtimeStatus(vmid, context) !== undefined) running.push(vmid)
  }
  return running
}

/** The VMIDs whose PID file exists, whether they run or not; smallest first. */
export async function guestsWithPidFile({host, places}: RuntimeContext): Promise<number[]> {
  const names = await host.files.list(guestRunDir(places))
  return names.flatMap((name) => { const match = /^([1-9]\d{2,8})\.pid$/.exec(name); return match === null ? [] : [Number(match[1])] })
    .sort((a, b) => a - b)
}

/**
 * Every process that was started as this guest, by a look at all processes: also a QEMU that has not written its PID file yet, whose
 * starter died. Slow (some ten milliseconds), for recovery only.
 */
export async function findProcesses(vmid: number, context: RuntimeContext): Promise<ProcessId[]> {
  const {pid: pidPath} = guestPaths(context.places, vmid)
  return processesWhere((words) => namesPidFile(words, pidPath), context)
}

/** Every process whose command line is such a one. Slow, as findProcesses. */
export async function processesWhere(isSuch: (words: readonly string[]) => boolean, {host}: Pick<RuntimeContext, 'host'>): Promise<ProcessId[]> {
  const hasSuchLine = async (pid: string) => isSuch((await readIfThere(host, `/proc/${pid}/cmdline`, maxCommandLineBytes) ?? '').split('\0'))
  const found: ProcessId[] = []
  for (const name of await host.files.list('/proc')) {
    if (!/^[1-9]\d*$/.test(name) || !await hasSuchLine(name)) continue
    const process = await host.process(Number(name))
    // Looked at again under its identity: the number may have passed on in between.
    if (process !== undefined && await hasSuchLine(name)) found.push(process)
  }
  return found
}

/**
 * Which run of the guest it was that nobody has cleared up after, or that goes on: the number in its PID file. undefined when everything
 * is cleared up.
 */
export async function uncleanedRun(vmid: number, {host, places}: RuntimeContext): Promise<string | undefined> {
  return (await readIfThere(host, guestPaths(places, vmid).pid, maxPidFileBytes))?.trim()
}

/** The number in a PID file; undefined for anything but one positive number. */
export function parsePidFile(text: string | undefined): number | undefined {
  const match = /^\s*([1-9]\d{0,9})\s*$/.exec(text ?? '')
  return match === null ? undefined : Number(match[1])
}

/** Whether a command line as in /proc/PID/cmdline names this PID file. */
export function hasPidFileArgument(commandLine: string | undefined, pidPath: string): boolean {
  return namesPidFile((commandLine ?? '').split('\0'), pidPath)
}

function namesPidFile(words: readonly string[], pidPath: string): boolean {
  const at = words.indexOf('-pidfile')
  return at !== -1 && words[at + 1] === pidPath
}

async function isQemuOf(process: ProcessId, pidPath: string, host: Host): Promise<boolean> {
  return hasPidFileArgument(await readIfThere(host, `/proc/${process.pid}/cmdline`, maxCommandLineBytes), pidPath)
}

async function readIfThere(host: Host, path: string, maxBytes: number): Promise<string | undefined> {
  try {
    return await host.files.readText(path, maxBytes)
  } catch (error) {
    // A process that ends while it is looked at answers ESRCH instead of ENOENT; both mean that it is gone.
    if (error instanceof AppError && (error.kind === 'not-found' || isGone(error.cause))) return undefined
    throw error
  }
}

function isGone(cause: unknown): boolean {
  return cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'ESRCH'
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
