// Stands in the place of host/programs.ts within the agent's bundle: every program of a host is the one file that the agent is, called
// with another word, and libexec lies beside it. Elsewhere it is not used.
import {fileURLToPath} from 'node:url'
import type * as programs from '../host/programs.ts'

const bundle = fileURLToPath(import.meta.url)

/** The worker of tasks. */
export function workerArgv(): readonly string[] {
  return [process.execPath, bundle, '--worker']
}

export const eventDaemonArgv: typeof programs.eventDaemonArgv = () => [process.execPath, '--max-semi-space-size=1', bundle, '--qmeventd']
export const corralProgram: typeof programs.corralProgram = () => [process.execPath, bundle, '--command']
export const supportFolder: typeof programs.supportFolder = () => fileURLToPath(new URL('./libexec/', import.meta.url))
/** A host has none: whoever types does so elsewhere. */
export const completionsFolder: typeof programs.completionsFolder = () => fileURLToPath(new URL('./completions', import.meta.url))
