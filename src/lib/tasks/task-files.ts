// Where tasks leave their traces below the folder of logs, and the forms of these files. Nothing here needs the store: a log outlives it.
//   tasks/<X>/<UPID>       the log; its last line is the status (X: last hex digit of the start time, as in Proxmox VE)
//   tasks/<X>/<UPID>.end   how it ended, for programs; only when there is more to say than `TASK OK`
//   tasks/active/<UPID>    empty, while the task runs
//   tasks/keys/<hash>      which task was started with a client's key (task-keys.ts)
//   tasks/index, index.1   a line for each task that ended, oldest first: `UPID endtime(hex) status`
import {errorKinds, parseUpid, printable, upidLogPath} from '../base/index.ts'
import type {ErrorKind, Places, Upid} from '../base/index.ts'
import type {Host} from '../host/index.ts'

export const maxIndexBytes = 1024 * 1024
const maxStatusLength = 1024
const maxEndBytes = 1024 * 1024

/** How a task ended. */
export interface TaskEnd {
  /** `OK`, `WARNINGS: 2`, `unexpected status`, or the text of the error. */
  readonly status: string
  /** Absent when it succeeded. */
  readonly errorKind?: ErrorKind
  /** The error and its causes, outermost first. */
  readonly sentences?: readonly string[]
  readonly nextSteps?: readonly string[]
  /** Facts about the error, for programs. */
  readonly data?: Readonly<Record<string, unknown>>
  readonly result?: unknown
}

export interface IndexEntry {
  readonly upid: string
  readonly task: Upid
  /** Seconds since 1970-01-01 UTC. */
  readonly endtime: number
  readonly status: string
}

export type LogPlace = Pick<Places, 'logDir'>

export const tasksFolder = ({logDir}: LogPlace) => `${logDir}/tasks`
export const activeFolder = (places: LogPlace) => `${tasksFolder(places)}/active`
export const indexPath = (places: LogPlace) => `${tasksFolder(places)}/index`
export const olderIndexPath = (places: LogPlace) => `${indexPath(places)}.1`
/** @throws InvalidInputError for what is no UPID, so that no other path can come out */
export const logPath = ({logDir}: LogPlace, upid: string) => `${logDir}/${upidLogPath(upid)}`
export const endPath = (places: LogPlace, upid: string) => `${logPath(places, upid)}.end`
export const activePath = (places: LogPlace, upid: string) => `${activeFolder(places)}/${checked(upid)}`

function checked(upid: string): string {
  parseUpid(upid)
  return upid
}

/** The final line of a log. */
export function finalLine({status, errorKind}: Pick<TaskEnd, 'status' | 'errorKind'>): string {
  if (errorKind !== undefined) return `TASK ERROR: ${oneLine(status)}`
  return `TASK ${status}`
}

export function indexLine(upid: string, endtime: number, status: string): string {
  return `${upid} ${endtime.toString(16).toUpperCase().padStart(8, '0')} ${oneLine(status)}\n`
}

/** Entries of an index file, safe to be shown; a line that is damaged (a crash while writing) is left out. */
export function parseIndex(text: string): IndexEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, upid = '', end = '', status = ''] = /^(UPID:\S+) ([0-9A-F]{8}) (.+)$/.exec(line) ?? []
    const task = upid === '' ? undefined : upidOrNothing(upid)
    return task === undefined ? [] : [{upid, task, endtime: parseInt(end, 16), status: oneLine(status)}]
  })
}

/** The parts of a task id, or undefined when it is none. */
export function upidOrNothing(text: string): Upid | undefined {
  try {
    return parseUpid(text)
  } catch {
    return undefined
  }
}

export function oneLine(status: string): string {
  return printable(status.replace(/\s+/g, ' ')).slice(0, maxStatusLength)
}

/** What is stored of the end. Facts that cannot be written, or are too many, are left out: how the task ended matters more. */
export function endText(end: TaskEnd): string {
  const least = Object.fromEntries(Object.entries(end).filter(([name]) => name !== 'data' && name !== 'result'))
  try {
    const text = JSON.stringify(end)
    return Buffer.byteLength(text) <= maxEndBytes ? text : JSON.stringify(least)
  } catch {
    return JSON.stringify(least)
  }
}

/** What was stored of the end; undefined when there is nothing (success, or a worker that died) or it is damaged. */
export async function readEnd(host: Host, places: LogPlace, upid: string): Promise<TaskEnd | undefined> {
  const path = endPath(places, upid)
  if (await host.files.stat(path) === undefined) return undefined
  try {
    const end = JSON.parse(await host.files.readText(path, maxEndBytes)) as TaskEnd
    return typeof end.status === 'string' && (end.errorKind === undefined || errorKinds.includes(end.errorKind)) ? end : undefined
  } catch {
    return undefined
  }
}
