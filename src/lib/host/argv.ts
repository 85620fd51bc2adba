// The words of a program call, checked before use and masked before they are shown.
import {InvalidInputError} from '../base/index.ts'

export const mask = '***'

/** @throws InvalidInputError when it is empty, or a word holds a NUL, at which the kernel would cut it */
export function checkArgv(argv: readonly string[]): {program: string; args: readonly string[]} {
  const [program, ...args] = argv
  if (program === undefined || program === '') throw new InvalidInputError('a program call needs the name of the program')
  if (argv.some((word) => word.includes('\0'))) throw new InvalidInputError(`an argument of ${program} contains a NUL character`)
  return {program, args}
}

/** argv as it may be shown. */
export function maskedArgv(argv: readonly string[], secretArgs: readonly number[] = []): string[] {
  return argv.map((word, position) => secretArgs.includes(position) ? mask : word)
}

/** A tool's own message, in which it may have repeated a secret that it was given. */
export function maskedText(text: string, argv: readonly string[], secretArgs: readonly number[] = []): string {
  return secretArgs.reduce((masked, position) => {
    const secret = argv[position] ?? ''
    return secret === '' ? masked : masked.replaceAll(secret, mask)
  }, text)
}
