// Host commands as a dry run shows them.
import {commandLine} from '../../tasks/index.ts'

export function shownCommands(commands: readonly (readonly string[])[] = []): string[] {
  return commands.map((argv) => commandLine(argv))
}
