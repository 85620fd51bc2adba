// Why a backend refused a change, as data, and the errors that say so: the same words whatever the backend.
import type {AppError} from '../base/index.ts'
import {ConflictError, UnavailableError} from '../base/index.ts'
import {maxStoreBytes} from './store.ts'

export interface Refusal {
  readonly refused: 'revision' | 'fence' | 'full' | 'file-as-folder' | 'folder-as-file'
  readonly path?: string
  /** Revisions; null: no file. */
  readonly expected?: number | null
  readonly found?: number | null
  readonly lock?: string | null
}

export function explainRefusal({refused, path = '', expected = null, found = null, lock}: Refusal): AppError {
  switch (refused) {
    case 'revision': {
      const data = {path, expectedRevision: expected, foundRevision: found}
      if (expected === null) return new ConflictError(`'${path}' exists already`, {data})
      if (found === null) return new ConflictError(`'${path}' was removed in the meantime`, {data})
      return new ConflictError(`'${path}' was changed in the meantime`, {data})
    }
    case 'fence':
      return new ConflictError(
        typeof lock === 'string' ? `the lock '${lock}' was lost before the change could be written` : 'the lease of this change has expired',
        {nextSteps: ['Nothing was written; run the command again.'], data: typeof lock === 'string' ? {lock} : {}})
    case 'full':
      return new UnavailableError(`the configuration store is full: it may hold ${maxStoreBytes / 1024 / 1024} MiB in all`,
        {nextSteps: ['Remove files that are no longer needed, such as long descriptions and old snippets.']})
    case 'file-as-folder':
      return new ConflictError(`'${path}' is a file, so nothing can be written below it`, {data: {path}})
    case 'folder-as-file':
      return new ConflictError(`'${path}' cannot be a file, because there are files below it`, {data: {path}})
  }
}

/** For a watch that starts outside the history; undefined when it may start. */
export function explainRevision(revision: number, oldest: number, newest: number): AppError | undefined {
  const nextSteps = ['List the files again and watch from the present revision.']
  if (revision < oldest - 1) {
    return new UnavailableError(`the store's history before revision ${oldest} was dropped, so changes since ${revision} cannot be told`,
      {nextSteps, data: {oldestRevision: oldest}})
  }
  if (revision > newest) {
    return new UnavailableError(`revision ${revision} is newer than the store (${newest}): it was replaced by an older copy`,
      {nextSteps, data: {newestRevision: newest}})
  }
  return undefined
}
