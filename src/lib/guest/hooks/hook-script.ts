// The hook script of a guest: a program of the administrator on a storage for snippets, run with the VMID and the phase when the guest
// starts and stops. What it is called for and what its failure means is Proxmox VE's.
import {AppError, InvalidInputError, NotFoundError, ToolError} from '../../base/index.ts'
import {openVolume} from '../../storage/index.ts'
import type {StorageContext} from '../../storage/index.ts'
import type {Context} from '../../tasks/index.ts'

export const hookPhases = ['pre-start', 'post-start', 'pre-stop', 'post-stop'] as const
export type HookPhase = (typeof hookPhases)[number]

export interface HookCall {
  readonly volume: string
  readonly vmid: number
  readonly phase: HookPhase
  /** What the guest is called in messages: `virtual machine`. */
  readonly noun: string
}

/** Long enough for whatever brings up a network or a device, and an end for a script that hangs with the guest's lock held. */
export const hookLimitMs = 10 * 60_000
const maxLoggedLines = 500
const shownLines = 5

/**
 * Where the script lies, once it is certain that it can be run and is nobody's but root's to change. Looks only: a dry run asks as well.
 * @throws InvalidInputError, NotFoundError, ConflictError, UnavailableError saying what is wrong with it
 */
export async function hookScriptPath(volume: string, context: StorageContext): Promise<string> {
  const {storage, id} = await openVolume(volume, context)
  const {content} = storage.parseName(id.name)
  if (content !== 'snippets') throw unusable(volume, `is a volume for ${content}, and not a snippet`, [`Put the script among the snippets of a storage: ${id.storage}:snippets/NAME`])
  if (!storage.traits.defaultContent.includes('snippets')) {
    throw unusable(volume, `lies on a storage that is not for snippets`, [`pvesm set ${id.storage} --content ${[...storage.traits.defaultContent, 'snippets'].join(',')}`])
  }
  const path = storage.path(id)
  const stat = await context.host.files.stat(path, {followLinks: true})
  if (stat?.kind !== 'file') throw new NotFoundError(`the hook script ${volume} is not there (${path})`, {data: {volume, path}})
  if ((stat.mode & 0o111) === 0) throw unusable(volume, 'is not executable', [`chmod +x ${path}`])
  if ((stat.mode & 0o002) !== 0) throw unusable(volume, 'can be changed by anybody on the host, who would be root with the next start', [`chmod o-w ${path}`])
  return path
}

function unusable(volume: string, why: string, nextSteps: readonly string[]): InvalidInputError {
  return new InvalidInputError(`the hook script ${volume} ${why}`, {hookscript: why}, {nextSteps})
}

/**
 * Runs the script for a phase, with a clean environment. What it writes goes into the log.
 * @throws ToolError with the last lines of what it wrote; UnavailableError when it does not end in time; CancelledError; what hookScriptPath throws
 */
export async function runHookScript({volume, vmid, phase, noun}: HookCall, context: Context): Promise<void> {
  await (await openVolume(volume, context)).storage.activate()
  const path = await hookScriptPath(volume, context)
  const lines: string[] = []
  let count = 0
  const onLine = (line: string): void => {
    if (++count <= maxLoggedLines) context.log.info(`${phase}: ${line}`)
    else if (count === maxLoggedLines + 1) context.log.info(`${phase}: … more of its output is left out`)
    lines.push(line)
    if (lines.length > shownLines) lines.shift()
  }
  try {
    // A script whose worker was killed goes with it: whoever takes over may run it again.
    await context.host.run([path, String(vmid), phase], {timeoutMs: hookLimitMs, signal: context.signal, cwd: '/', onLine, maxOutputBytes: 64 * 1024, diesWithUs: true})
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'cancelled' || error.kind === 'unavailable') throw error
    throw hookFailure(error, {volume, vmid, phase, noun}, path, lines)
  }
}

function hookFailure(error: AppError, {volume, vmid, phase, noun}: HookCall, path: string, lines: readonly string[]): ToolError {
  const {exitCode = null, signal, host = '', argv = [path, String(vmid), phase]} = error instanceof ToolError ? error.failure : {}
  const ending = error instanceof ToolError ? (signal === undefined ? `exit code ${String(exitCode)}` : `ended by ${signal}`) : error.message
  const said = lines.map((line) => line.trim()).filter((line) => line !== '').join('; ')
  return new ToolError(`the hook script ${volume} failed in ${phase} of ${noun} ${vmid} (${ending})${said === '' ? '' : `: ${said}`}`, {
    host, argv, exitCode, stderr: lines.join('\n'), ...(signal === undefined ? {} : {signal}),
    nextSteps: [`Try it by hand: ${path} ${vmid} ${phase}`], data: {vmid, phase, volume},
  })
}
