// Names of files beside a manifest or within an OVA archive, which strangers chose: plain names and nothing else. Pure.
import {InvalidInputError} from '../../base/index.ts'

/**
 * No folder, no address of the network, no name that begins with `-` or holds what a program could take for more than a name.
 * @param what whose name it is, for the error
 * @throws InvalidInputError
 */
export function checkMemberName(name: string, what: string): string {
  const isPlain = /^[\p{L}\p{N}_+=@()~.][\p{L}\p{N}_+=@()~. -]{0,99}$/u.test(name) && name !== '.' && name !== '..'
  if (isPlain) return name
  throw new InvalidInputError(`${what}: '${name.slice(0, 80)}' is no plain name of a file`, {}, {
    nextSteps: ["Files of a machine lie in one folder, under names of at most 100 letters, digits, spaces and '_+=@()~.-'."],
  })
}
