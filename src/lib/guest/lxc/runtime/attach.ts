// Programs in a running container, on the caller's own streams: lxc-attach passes bytes on, and makes a terminal of its own in the container where ours is
// one, so that nothing in there can type into it.
import {ProgramEndedError} from '../../../base/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {readContainer} from '../kind.ts'
import {assertAwake} from './freezing.ts'
import {containerPaths} from './paths.ts'

/** @param words the command; none for root's shell */
export function attachArgv(places: Context['places'], vmid: number, keepEnv: boolean, words: readonly string[]): string[] {
  return ['lxc-attach', '-P', containerPaths(places, vmid).lxcPath, '-n', String(vmid), keepEnv ? '--keep-env' : '--clear-env', ...(words.length === 0 ? [] : ['--', ...words])]
}

/** @throws ConflictError when the container does not run or is suspended, ProgramEndedError with the program's exit code when that is not 0 */
export async function runAttached(vmid: number, argv: readonly string[], context: Context): Promise<void> {
  await readContainer(vmid, context)
  await assertAwake(vmid, context)
  const exitCode = await context.host.runInForeground(argv, {signal: context.signal})
  if (exitCode !== 0) throw new ProgramEndedError(exitCode)
}
