// The administrator's script of backups: called in each phase with its name, in those of a guest with the mode and the VMID as well; what it is about
// stands in its environment (vzdump(1), "HOOK SCRIPTS"). A script that fails ends the backup.
import {AppError, ConflictError, InvalidInputError, NotFoundError, ToolError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import type {Action, Context} from '../../tasks/index.ts'

export const jobPhases = ['job-init', 'job-start', 'job-end', 'job-abort'] as const
export const guestPhases = ['backup-start', 'pre-stop', 'pre-restart', 'post-restart', 'backup-end', 'backup-abort', 'log-end'] as const
export type ScriptPhase = (typeof jobPhases)[number] | (typeof guestPhases)[number]

/** What the script finds in its environment: DUMPDIR, STOREID, HOSTNAME, VMTYPE, TARGET, LOGFILE. */
export type ScriptEnvironment = Readonly<Record<string, string>>

export interface ScriptCall extends Action {
  readonly kind: 'backup.call-script'
  readonly script: string
  readonly phase: ScriptPhase
  /** Of a guest: the mode and the VMID. */
  readonly guest?: {readonly mode: string; readonly vmid: number}
  readonly env: ScriptEnvironment
  /** Its failure is told and changes nothing: what it is told of has failed already. */
  readonly isLenient?: boolean
}

/** Copies archives to tapes and other hosts. */
const limitMs = 24 * 3600_000
const maxLoggedLines = 2000

/** Looks only. @throws InvalidInputError, NotFoundError saying what keeps it from being called */
export async function checkScript(script: string, {files}: Pick<Host, 'files'>): Promise<void> {
  const stat = await files.stat(script, {followLinks: true})
  if (stat?.kind !== 'file') throw new NotFoundError(`the script ${script} is not there`, {data: {script}})
  if ((stat.mode & 0o111) === 0) throw new InvalidInputError(`the script ${script} is not executable`, {script: 'is not executable'}, {nextSteps: [`chmod +x ${script}`]})
  if ((stat.mode & 0o002) !== 0) throw new InvalidInputError(`the script ${script} can be changed by anybody on the host, who would be root with the next backup`, {script: 'can be changed by anybody'}, {nextSteps: [`chmod o-w ${script}`]})
}

/** Pure. */
export function scriptArgv({script, phase, guest}: Pick<ScriptCall, 'script' | 'phase' | 'guest'>): string[] {
  return guest === undefined ? [script, phase] : [script, phase, guest.mode, String(guest.vmid)]
}

/** @throws ToolError when it fails, unless the call is lenient; UnavailableError when it does not end in a day; CancelledError */
export async function callScript(call: ScriptCall, {host, log, signal}: Pick<Context, 'host' | 'log' | 'signal'>): Promise<void> {
  const {phase, isLenient} = call
  let count = 0
  const onLine = (line: string): void => {
    if (++count <= maxLoggedLines) log.info(`${phase}: ${line}`)
    else if (count === maxLoggedLines + 1) log.info(`${phase}: … more of its output is left out`)
  }
  try {
    await host.run(scriptArgv(call), {timeoutMs: limitMs, signal, env: call.env, cwd: '/', onLine, maxOutputBytes: 64 * 1024, diesWithUs: true})
  } catch (error) {
    if (!(error instanceof AppError) || (error.kind === 'cancelled' && isLenient !== true)) throw error
    const failure = scriptFailure(error, call)
    if (isLenient !== true) throw failure
    log.warn(failure.message)
  }
}

function scriptFailure(error: AppError, call: ScriptCall): AppError {
  if (!(error instanceof ToolError)) return new ConflictError(`the script ${call.script} cannot be run in ${call.phase}`, {cause: error})
  const {exitCode, signal} = error.failure
  return new ToolError(`the script ${call.script} failed in ${call.phase} (${signal === undefined ? `exit code ${String(exitCode)}` : `ended by ${signal}`})`, {
    ...error.failure, nextSteps: [`Try it by hand: ${scriptArgv(call).join(' ')}`],
  })
}
