// Words that name no command of the catalog: help in its forms, the version, a group of commands without its command, plugins of oclif,
// and mistyped words. Loaded only for those.
import {InvalidInputError} from '../base/index.ts'
import {commandsBelow, suggestCommand} from './find-command.ts'
import type {Surroundings} from './surroundings.ts'

const helpWords: ReadonlySet<string> = new Set(['help', '--help', '-h', '-help', '-?'])

/** @throws InvalidInputError for words that mean nothing */
export async function runWithoutCommand(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const asked = words[0] === 'corral' ? words.slice(1) : words
  const [first] = asked
  if (first === '--version' || first === 'version') return printVersion(surroundings)
  const isHelp = asked.some((word) => helpWords.has(word))
  if (isHelp) return (await import('./run-help.ts')).runHelp(asked, surroundings)
  const keys = Object.keys(surroundings.catalog.commands)
  const group = groupWords(asked, keys)
  if (group.length === asked.length) return (await import('./run-help.ts')).listGroup(group, surroundings)
  if (group.length === 0 && first !== undefined) {
    const {runPlugin} = await import('./run-plugin.ts')
    const code = await runPlugin(asked, surroundings)
    if (code !== undefined) return code
  }
  throw unknownCommand(asked, group, keys)
}

/** The words in front that name a group: `qm disk` of `qm disk mvoe`. */
function groupWords(words: readonly string[], keys: readonly string[]): readonly string[] {
  let count = 0
  while (count < words.length && commandsBelow(words.slice(0, count + 1), keys).length > 0) count++
  return words.slice(0, count)
}

function unknownCommand(words: readonly string[], group: readonly string[], keys: readonly string[]): InvalidInputError {
  const word = words[group.length] ?? ''
  const suggestion = suggestCommand(words, keys)
  const where = group.length === 0 ? 'corral' : group.join(' ')
  const sentence = word.startsWith('-')
    ? `'${where}' needs a command before the option '${word}'`
    : `'${where}' has no command '${word}'`
  return new InvalidInputError(suggestion === undefined ? sentence : `${sentence}; did you mean '${suggestion}'?`, {}, {
    nextSteps: [`${group.length === 0 ? 'corral' : group[0] ?? 'corral'} help`],
  })
}

async function printVersion({streams}: Surroundings): Promise<number> {
  const {productVersion} = await import('./version.ts')
  streams.stdout.write(`corral ${productVersion()}\n`)
  return 0
}
