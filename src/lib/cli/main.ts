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
  const interrupts = watchInterrupts(process, (code) => {
    // What was shown in place must not stand before the shell's prompt.
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
    process.exit(code)
  })
  const page = async (text: string) => {
    const {isTooTall, pagerArgv, showInPager} = await import('./pager.ts')
    const argv = pagerArgv(process.env)
    if (argv === undefined || !isTooTall(text, process.stdout)) return false
    // Ctrl-C is for the pager, which knows what to do with it; it is waited for, so that the terminal is as it was.
    return interrupts.passedOver(() => showInPager(argv, text, process.env))
  }
  const surroundings: Surroundings = {
    catalog, streams: process.stdout.isTTY ? {...streams, page} : streams, env: process.env, signal: interrupts.signal, aliases,
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
