// From words to a finished command: find it and run it. Words that name no command are help, plugins or mistakes.
import {findTypedCommand} from './find-command.ts'
import {runCommand} from './run-command.ts'
import type {Surroundings} from './surroundings.ts'

/**
 * Runs the command that the words name.
 * @param words tool and command words first (`qm start 100`), or those of Corral's own commands without their tool (`task wait UPID`)
 * @returns the exit code
 * @throws AppError for whatever goes wrong, before or while it runs
 */
export async function runWords(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const {catalog: {commands}, aliases} = surroundings
  const found = findTypedCommand(words, commands, aliases)
  const entry = found === undefined ? undefined : commands[found.id]
  // A tool that is itself a command has no word of its own before the help that every tool has.
  if (found?.rest[0] === 'help' && !found.id.includes(' ')) return (await import('./run-help.ts')).runHelp([found.id, ...found.rest], surroundings)
  if (found !== undefined && entry !== undefined) return runCommand(entry, found.rest, surroundings)
  const {runWithoutCommand} = await import('./run-without-command.ts')
  return runWithoutCommand(words, surroundings)
}
