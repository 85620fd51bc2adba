// A program among the mounts of a running container, which its monitor keeps. Pure.
import type {ProcessId} from '../../../host/index.ts'

export function inMountsOf({pid}: ProcessId, argv: readonly string[]): string[] {
  return ['nsenter', `--mount=/proc/${pid}/ns/mnt`, '--', ...argv]
}
