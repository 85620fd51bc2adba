// Words that name no command of the catalog: help in its forms, the version, a group of commands without its command, plugins of oclif,
// and mistyped words. Loaded only for those.
import {InvalidInputError} from '../base/index.ts'
import {groupOf, suggestCommand} from './find-command.ts'
import {helpCommand} from './help-words.ts'
import type {Surroundings} from './surroundings.ts'

const helpWords: ReadonlySet<string> = new Set(['help', '--help', '-h', '-help', '-?'])

/** @throws InvalidInputError for words that mean nothing */
export async function runWithoutCommand(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const asked = words[0] === 'corral' ? words.slice(1) : words
  const [first] = asked
  if (first === 'version' || asked.at(-1) === '--version') return printVersion(surroundings)
  const keys = Object.keys(surroundings.catalog.commands)
  const group = groupOf(asked, keys)
  if (first !== undefined && group.length === 0 && !helpWords.has(first)) {
    const {runPlugin} = await import('./run-plugin.ts')
    const code = await runPlugin(asked, surroundings)
    if (code !== undefined) return code
  }
  const {listGroup, runHelp} = await import('./run-help.ts')
  if (asked.some((word) => helpWords.has(word))) return runHelp(asked, surroundings)
  const ownWords = group[0] === 'corral' ? 1 : 0
  if (group.length - ownWords === asked.length) return listGroup(group, surroundings)
  throw unknownCommand(asked.slice(group.length - ownWords), group, asked, keys)
}

/** @param rest what stands behind the words of the group */
function unknownCommand(rest: readonly string[], group: readonly string[], words: readonly string[], keys: readonly string[]): InvalidInputError {
  const [word = ''] = rest
  const where = group.length === 0 ? 'corral' : group.join(' ')
  const sentence = word.startsWith('-') ? `'${where}' needs a command before the option '${word}'` : `'${where}' has no command '${word}'`
  const suggestion = suggestCommand(words, keys)
  return new InvalidInputError(suggestion === undefined ? sentence : `${sentence}; did you mean '${suggestion}'?`, {}, {nextSteps: [helpCommand(group)]})
}

async function printVersion({streams}: Surroundings): Promise<number> {
  const {productVersion} = await import('./version.ts')
  streams.stdout.write(`corral ${productVersion()}\n`)
  return 0
}
