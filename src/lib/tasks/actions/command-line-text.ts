// A program call as it would be typed into a shell, for people to read and copy. We ourselves never give a command to a shell.
import {printable} from '../../base/index.ts'
import {shellJoin} from '../../spec/shell-words.ts'

/** @param secretArgs positions in argv that are not shown */
export function commandLine(argv: readonly string[], secretArgs: readonly number[] = []): string {
  return shellJoin(argv.map((word, position) => secretArgs.includes(position) ? '***' : printable(word)))
}
