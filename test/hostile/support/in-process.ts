// Command lines carried out in this process: read, checked and run as by the program, on a real store and real storages in a temporary
// folder, but without a process for each. Tasks are run here too.
import {runHandler, type Context, type Outcome} from '../../../src/lib/tasks/index.ts'
import {catalog} from '../../../src/lib/catalog.ts'
import {AppError, printableLines} from '../../../src/lib/base/index.ts'
import {findTypedCommand} from '../../../src/lib/cli/find-command.ts'
import {aliases} from '../../../src/lib/cli/aliases.ts'
import {errorText} from '../../../src/lib/cli/print-error.ts'
import {checkParams, readCommandLine} from '../../../src/lib/spec/index.ts'
import {expect} from 'vitest'

/** Runs a command line such as `['qm', 'set', '100', '--cores', '2']`. */
export async function perform(words: readonly string[], context: Context): Promise<Outcome> {
  const found = findTypedCommand(words, catalog.commands, aliases)
  const entry = found === undefined ? undefined : catalog.commands[found.id]
  if (found === undefined || entry === undefined) throw new Error(`there is no command ${words.join(' ')}`)
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  const {params, standard} = readCommandLine(spec, found.rest)
  return runHandler(handler, checkParams(spec.params, params), context, {dryRun: standard.dryRun})
}

/** What it gives. */
export async function resultOf(words: readonly string[], context: Context): Promise<unknown> {
  const outcome = await perform(words, context)
  return outcome.outcome === 'done' ? outcome.result : undefined
}

/** The error that a command line ends with; undefined when it succeeds. An error that is a fault of ours fails the test. */
export async function failureOf(words: readonly string[], context: Context): Promise<AppError | undefined> {
  try {
    await perform(words, context)
    return undefined
  } catch (error) {
    const shown = JSON.stringify(words).slice(0, 300)
    if (!(error instanceof AppError)) throw new Error(`${shown} ended in a fault: ${error instanceof Error ? error.stack ?? '' : String(error)}`)
    expect(error.kind, `${shown}: ${error.message}`).not.toBe('internal')
    return error
  }
}

/** It has to be refused as wrong or not there; gives the text that would be printed, which must be safe for a terminal and not endless. */
export async function refusalOf(words: readonly string[], context: Context): Promise<string> {
  const shown = JSON.stringify(words).slice(0, 300)
  const error = await failureOf(words, context)
  expect(error, `${shown} was taken`).toBeDefined()
  expect(['invalid-input', 'not-found', 'unsupported', 'forbidden'], `${shown}: ${error?.message ?? ''}`).toContain(error?.kind)
  const text = errorText(error, false)
  expect(text, shown).toBe(printableLines(text))
  expect(text.length, shown).toBeLessThan(4096)
  return text
}
