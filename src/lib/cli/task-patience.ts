// For how long the caller of a task waits for its end, where the command lets that be said. Pure.
import type {CommandSpec} from '../spec/index.ts'

/** undefined: until the end. */
export function taskPatienceMs({task}: CommandSpec, params: Readonly<Record<string, unknown>>): number | undefined {
  const seconds = task?.patience === undefined ? undefined : params[task.patience]
  return typeof seconds === 'number' ? seconds * 1000 : undefined
}
