// Task ids in Proxmox VE's form: UPID:node:PID:PSTART:STARTTIME:type:id:user: with the numbers in hex. An id names a process for good
// (its number and its start time), the log file of the task, and who ran what on which object. This module knows only the text.
import {InvalidInputError} from './errors.ts'

export interface Upid {
  readonly node: string
  readonly pid: number
  /** Field 22 of /proc/PID/stat: clock ticks from boot to the start of the process. */
  readonly pstart: number
  /** Seconds since 1970-01-01 UTC. */
  readonly starttime: number
  /** `qmstart` and the like. */
  readonly type: string
  /** The object that it is about; may be empty. */
  readonly id: string
  readonly user: string
}

/** The log of a task carries its id as its name, and a file beside it the same with a suffix; file names end at 255 bytes. */
const maxBytes = 240
/** Of a word made by upidWord; two of them, the longest node name and the rest fit into an id. */
const maxWordBytes = 64
const nodePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/
// No separators of ours (:), of paths (/ and, for careless readers, \), no blanks, nothing that a terminal would obey or hide.
const wordPattern = /^[^:/\\\s\p{C}]+$/u
const upidPattern = /^UPID:([^:]+):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,13}):([0-9A-Fa-f]{8}):([^:]+):([^:]*):([^:]+):$/

/** @throws InvalidInputError for a part that has no place in a task id */
export function formatUpid(upid: Upid): string {
  const problem = partProblem(upid)
  if (problem !== undefined) throw new InvalidInputError(`a task id cannot be made: ${problem}`)
  const {node, pid, pstart, starttime, type, id, user} = upid
  const text = `UPID:${node}:${hex(pid)}:${hex(pstart)}:${hex(starttime)}:${type}:${id}:${user}:`
  if (Buffer.byteLength(text) > maxBytes) throw new InvalidInputError(`a task id cannot be made: it would be longer than ${maxBytes} bytes`)
  return text
}

/** @throws InvalidInputError when the text is no task id; the message does not repeat a text that could hold anything */
export function parseUpid(text: string): Upid {
  const refuse = (reason: string): never => {
    throw new InvalidInputError(`this is not a task id: ${reason}`, {upid: reason}, {
      nextSteps: ['Task ids look like UPID:node:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam: and are listed by: pvenode task list --source all'],
    })
  }
  if (Buffer.byteLength(text) > maxBytes) return refuse(`it is longer than ${maxBytes} bytes`)
  const parts = upidPattern.exec(text)
  if (parts === null) return refuse('it must have the form UPID:node:PID:PSTART:STARTTIME:type:id:user:')
  const [, node = '', pid = '', pstart = '', starttime = '', type = '', id = '', user = ''] = parts
  const upid = {node, pid: parseInt(pid, 16), pstart: parseInt(pstart, 16), starttime: parseInt(starttime, 16), type, id, user}
  const problem = partProblem(upid)
  return problem === undefined ? upid : refuse(problem)
}

/** Makes any text fit for the id part: what has no place there becomes `_` (a volume id has `:` and `/`), and what is too long is cut. */
export function upidWord(text: string): string {
  const word = [...text.replace(/[:/\\\s\p{C}]/gu, '_')]
  while (Buffer.byteLength(word.join('')) > maxWordBytes) word.length = Math.min(word.length - 1, maxWordBytes)
  return word.join('')
}

/**
 * Where the log of a task lies below the folder of logs: `tasks/<last hex digit of the start time>/<UPID>`, as in Proxmox VE.
 * @throws InvalidInputError when the text is no task id, so that no other path can come out
 */
export function upidLogPath(upid: string): string {
  const {starttime} = parseUpid(upid)
  return `tasks/${(starttime % 16).toString(16).toUpperCase()}/${upid}`
}

/**
 * What the last line of a task's log says: `OK`, `WARNINGS: n`, or the text of the error. Anything else means that the worker
 * ended without saying so.
 */
export function taskStatusOfLog(log: string): string {
  const lines = log.trimEnd().split('\n')
  return taskStatusOfLine(lines.at(-1) ?? '') ?? 'unexpected status'
}

/** The status in a final line of a log; undefined when it is not a final line. */
export function taskStatusOfLine(line: string): string | undefined {
  return /^TASK (?:(OK|WARNINGS: \d+)|ERROR: (.+))$/.exec(line)?.slice(1).find((status) => status !== undefined)
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0')
}

function partProblem({node, pid, pstart, starttime, type, id, user}: Upid): string | undefined {
  if (!nodePattern.test(node)) return 'the name of the node is not one'
  if (!isCount(pid, 0xffff_ffff)) return 'the process number is out of range'
  if (!isCount(pstart, Number.MAX_SAFE_INTEGER)) return 'the start of the process is out of range'
  if (!isCount(starttime, 0xffff_ffff)) return 'the start time is out of range'
  if (!wordPattern.test(type)) return 'the type has characters that do not belong there'
  if (id !== '' && !wordPattern.test(id)) return 'the id of the object has characters that do not belong there'
  if (!wordPattern.test(user)) return 'the user has characters that do not belong there'
  return undefined
}

function isCount(value: number, maximum: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= maximum
}
