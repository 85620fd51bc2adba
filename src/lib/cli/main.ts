// The program behind bin/corral and the personas: process in, exit code out. The one place of the command line that touches `process`;
// everything else gets its streams, environment and signals from here.
import {catalog} from '../catalog.ts'
import {aliases} from './aliases.ts'
import {wantsJsonErrors} from './error-format.ts'
import {watchInterrupts} from './interrupts.ts'
import {errorReport, errorText} from './print-error.ts'
import {runWords} from './run-words.ts'
import {processStreams} from './streams.ts'
import type {Surroundings} from './surroundings.ts'

/**
 * Runs the command line of this process and sets its exit code.
 * @param persona the tool that the program was started as (`qm`); none for `corral` itself
 */
export async function main(persona?: string): Promise<void> {
  await runProcess([...(persona === undefined ? [] : [persona]), ...process.argv.slice(2)])
}

/** Runs the words as this process's command line. Never throws: errors are told on stderr and become the exit code. */
export async function runProcess(words: readonly string[]): Promise<void> {
  const streams = processStreams()
  const interrupts = watchInterrupts(process, (code) => process.exit(code))
  const surroundings: Surroundings = {
    catalog, streams, env: process.env, signal: interrupts.signal, aliases,
    terminal: () => ({input: process.stdin, output: process.stdout}),
    services: async () => (await import('./local-services.ts')).localServices({catalog, env: process.env}),
  }
  try {
    process.exitCode = await runWords(words, surroundings)
    await streams.finish()
  } catch (error) {
    streams.stderr.write(errorText(error, wantsJsonErrors(words), process.env['CORRAL_DEBUG'] === '1'))
    process.exitCode = errorReport(error).exitCode
  } finally {
    interrupts.stop()
  }
}
