// The one table from error kinds to exit codes. The numbers are a promise to scripts (docs/architecture.md, "what a user may rely
// on"); nothing below cli/ knows them.
import type {ErrorKind} from '../base/index.ts'

export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  'internal': 1,
  'invalid-input': 2,
  'unsupported': 2,
  'not-found': 3,
  'unauthenticated': 4,
  'forbidden': 4,
  'tool': 5,
  'conflict': 6,
  'unavailable': 7,
  'cancelled': 130,
}

/** What the codes mean, for man pages and help. */
export const exitCodeMeanings: readonly {readonly code: number; readonly meaning: string}[] = [
  {code: 0, meaning: 'The command did what was asked.'},
  {code: 1, meaning: 'An internal error: a fault in Corral itself.'},
  {code: 2, meaning: 'The command line or an input is wrong, or what was asked is not supported.'},
  {code: 3, meaning: 'A guest, storage, volume, task or file that was named does not exist.'},
  {code: 4, meaning: 'The caller may not do this.'},
  {code: 5, meaning: 'A task failed, or a program that was run on the host.'},
  {code: 6, meaning: 'The state of the object forbids it: it is locked, exists already, is in the wrong state or was changed meanwhile.'},
  {code: 7, meaning: 'Something is unavailable or took too long; trying again may help.'},
  {code: 130, meaning: 'Interrupted.'},
]
