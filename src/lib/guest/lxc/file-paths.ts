// Paths in a container as they are given on a command line. Pure.
import {InvalidInputError} from '../../base/index.ts'

/** From the root of the container on; one that does not begin there is meant so all the same, for there is no other folder to begin with. @throws InvalidInputError */
export function filePathIn(option: string, text: string): string {
  const reason = /[\u0000-\u001f\u007f]/.test(text) ? 'holds control characters' : text.endsWith('/') ? 'is a folder; write the name of the file as well' : undefined
  if (reason !== undefined) throw new InvalidInputError(`'${option}' ${reason}`, {[option]: reason})
  return text.startsWith('/') ? text : `/${text}`
}
