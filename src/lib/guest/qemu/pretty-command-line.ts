// A long command line made readable: each option with its values on a line of its own, still fit for a shell.
import {commandLine} from '../../tasks/index.ts'

/** Groups argv at the words that begin with a dash. */
export function prettyCommandLine(argv: readonly string[]): string {
  const groups: string[][] = []
  for (const word of argv) {
    const group = groups.at(-1)
    if (group === undefined || word.startsWith('-')) groups.push([word])
    else group.push(word)
  }
  return groups.map(group => commandLine(group)).join(' \\\n  ')
}
