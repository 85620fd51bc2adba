// Tells whether the process that queued for a lock still lives, so that a dead holder's lock is passed on at once and not when its
// lease runs out. Reads /proc (proc(5)) of this machine; a process of another boot or another PID namespace is left to its lease.
import {readFileSync, readlinkSync} from 'node:fs'

/** Which run of the machine this is: monotonic times of another one mean nothing. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/** `<PID namespace> <pid> <start time>`: no later process has the same. */
export function ownIdentity(): string {
  return `${readlinkSync('/proc/self/ns/pid')} ${process.pid} ${startTime(process.pid) ?? ''}`
}

/** False only when that process is certainly gone: ended, a zombie, or its number belongs to another one. */
export function mayBeAlive(identity: string): boolean {
  const [namespace, pid, start] = identity.split(' ')
  if (pid === undefined || namespace !== readlinkSync('/proc/self/ns/pid')) return true
  return startTime(Number(pid)) === start
}

/** Field 22 of /proc/PID/stat; undefined when it does not run. */
function startTime(pid: number): string | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // The second field, the program's name in parentheses, may itself contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  return state === 'Z' || state === 'X' ? undefined : fields[19]
}
