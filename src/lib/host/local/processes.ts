// Processes by their identity: number and start time together, because the kernel gives a number to a new process as soon as the old
// one is gone (proc(5), /proc/PID/stat field 22). Node has no pidfd, so the start time is compared right before a signal is sent.
import {readFileSync} from 'node:fs'
import {AppError, ForbiddenError} from '../../base/index.ts'
import type {ProcessId} from '../host.ts'

/** State letter and start time from the text of /proc/PID/stat. The name in parentheses may hold anything, even `) R`. */
export function parseProcStat(text: string): {state: string; startTime: string} | undefined {
  const afterName = text.slice(text.lastIndexOf(')') + 1).trim().split(' ')
  const state = afterName[0]
  const startTime = afterName[19]
  if (state === undefined || startTime === undefined || !/^\d+$/.test(startTime)) return undefined
  return {state, startTime}
}

/** The identity of a running process; undefined when there is none by that number or it is a zombie. */
export function processIdentity(pid: number): ProcessId | undefined {
  const stat = readProcStat(pid)
  return stat === undefined || stat.state === 'Z' || stat.state === 'X' ? undefined : {pid, startTime: stat.startTime}
}

/** The identity of a child that we have just started; it holds for one that has ended already but was not reaped. */
export function childIdentity(pid: number): ProcessId {
  const stat = readProcStat(pid)
  if (stat === undefined) throw new AppError('internal', `the start time of our own child ${pid} cannot be read from /proc`)
  return {pid, startTime: stat.startTime}
}

/**
 * Sends a signal to that very process; says whether it was there.
 * @throws ForbiddenError when it belongs to somebody else
 */
export function killProcess(target: ProcessId, signal: NodeJS.Signals): boolean {
  if (processIdentity(target.pid)?.startTime !== target.startTime) return false
  try {
    process.kill(target.pid, signal)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ESRCH') return false
    throw new ForbiddenError(`process ${target.pid} may not be sent ${signal}`, {cause: error, nextSteps: ['Run the command as root.']})
  }
}

function readProcStat(pid: number): ReturnType<typeof parseProcStat> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return undefined
  }
}
