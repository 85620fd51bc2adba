// What an agent says of a program that it ran (guest-exec-status), in the form in which Proxmox VE prints it. Pure; the answer is the guest's.
import {ToolError} from '../../../base/index.ts'

/** Truth values are 1 and 0 here, as Proxmox VE prints them. */
export interface ExecStatus {
  readonly exited: 0 | 1
  readonly exitcode?: number
  /** The number of the signal that ended it. */
  readonly signal?: number
  readonly 'out-data'?: string
  readonly 'err-data'?: string
  /** The agent keeps 16 MiB of each at most. */
  readonly 'out-truncated'?: 1
  readonly 'err-truncated'?: 1
}

/** @throws ToolError when it is no such answer */
export function readExecStatus(answer: unknown): ExecStatus {
  if (typeof answer !== 'object' || answer === null) throw strange('guest-exec-status')
  const {exited, exitcode, signal, 'out-data': out, 'err-data': err, 'out-truncated': outTruncated, 'err-truncated': errTruncated} = answer as Readonly<Record<string, unknown>>
  if (typeof exited !== 'boolean') throw strange('guest-exec-status')
  return {
    exited: exited ? 1 : 0,
    ...(Number.isSafeInteger(exitcode) ? {exitcode: exitcode as number} : {}),
    ...(Number.isSafeInteger(signal) ? {signal: signal as number} : {}),
    ...(typeof out === 'string' ? {'out-data': decodeOutput(out)} : {}),
    ...(typeof err === 'string' ? {'err-data': decodeOutput(err)} : {}),
    ...(outTruncated === true ? {'out-truncated': 1} : {}),
    ...(errTruncated === true ? {'err-truncated': 1} : {}),
  }
}

/** @throws ToolError */
export function readExecPid(answer: unknown): number {
  const pid = typeof answer === 'object' && answer !== null && 'pid' in answer ? answer.pid : undefined
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid)) throw strange('guest-exec')
  return pid
}

/** Text as UTF-8; what is none has each byte as the character of that number, so that nothing of it is lost. */
export function decodeOutput(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}

function strange(command: string): ToolError {
  return new ToolError(`the guest agent answered '${command}' with something else than it should`, {host: 'the guest', argv: [command], exitCode: null, stderr: ''})
}
