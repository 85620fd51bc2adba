// What the first look at contexts.yaml needs, apart from its parser: every command takes this look.
import {InvalidInputError} from '../base/index.ts'

/** The name of this machine as a context, and as the `ssh` of a host. */
export const localName = 'local'

/** Nobody writes more by hand; a larger file is not read. */
export const maxContextsBytes = 256 * 1024

/** Who may write the file chooses where the user's commands go, so only the user may. @throws InvalidInputError */
export function checkContextsMode(path: string, mode: number): void {
  if ((mode & 0o022) === 0) return
  throw new InvalidInputError(`${path} may be written by others, who could send your commands to another host`, {}, {nextSteps: [`chmod go-w '${path}'`]})
}
