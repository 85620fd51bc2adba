// The action that changes configuration files in the store: all of its files at once, only while they still hold what the plan saw, and
// only under the locks that the context holds. Its undo is the same action with the texts exchanged.
import {ConflictError} from '../../base/index.ts'
import type {StoredFile} from '../../store/index.ts'
import type {Context} from '../context.ts'
import type {Action, Step} from '../plan.ts'
import {defineAction} from '../plan.ts'
import {maskSecrets, maskText} from './mask-secrets.ts'
import {unifiedDiff} from './unified-diff.ts'

/** One file; null: it does not exist. */
export interface FileEdit {
  readonly path: string
  readonly before: string | null
  readonly after: string | null
  /** What a later step of the same plan makes of it: found there, this step was done before, and is not done again when the plan is finished. */
  readonly beyond?: string
}

export interface StoreCommit extends Action {
  readonly kind: 'store.commit'
  readonly files: readonly FileEdit[]
  /** Keys, beside those that are known everywhere, whose values a dry run masks. */
  readonly secretKeys?: readonly string[]
}

/** What is to become of one file. */
export interface WantedFile {
  readonly path: string
  /** As it was read for the plan; undefined when it does not exist and must not. */
  readonly was: Pick<StoredFile, 'data'> | undefined
  /** Its new text; undefined to remove it. */
  readonly text: string | undefined
  /** What a later step of the same plan makes of it (FileEdit). */
  readonly beyond?: string
}

/** The step that writes, replaces and removes these files together, with its undo. */
export function storeCommitStep(wanted: readonly WantedFile[], options: {readonly secretKeys?: readonly string[]} = {}): Step {
  const files = wanted.map(({path, was, text, beyond}) => ({path, before: was?.data ?? null, after: text ?? null, ...(beyond === undefined ? {} : {beyond})}))
  const back = files.map(({path, before, after}) => ({path, before: after, after: before}))
  return {do: {kind: 'store.commit', files, ...options}, undo: {kind: 'store.commit', files: back, ...options}}
}

export const storeCommit = defineAction<StoreCommit>({
  kind: 'store.commit',
  isAtomic: true,
  describe: ({files, secretKeys}) => files.flatMap(({path, before, after}) =>
    maskSecrets(path, unifiedDiff(path, before ?? undefined, after ?? undefined), secretKeys)),
  shown: ({files, secretKeys, ...rest}) => ({
    ...rest, ...(secretKeys === undefined ? {} : {secretKeys}),
    files: files.map(({path, before, after, beyond}) => ({
      path, before: before === null ? null : maskText(path, before, secretKeys), after: after === null ? null : maskText(path, after, secretKeys),
      ...(beyond === undefined ? {} : {beyond: maskText(path, beyond, secretKeys)}),
    })),
  }),
  subject: ({files}) => `the configuration ${files.map(({path}) => path).join(' with ')}`,
  run: commit,
})

/**
 * A file that already holds what it should is left alone, so that a repeated step and the undo of a step not done are right.
 * @throws ConflictError when a file holds neither what the plan saw nor what it should hold
 */
async function commit({files}: StoreCommit, {store, fences}: Context): Promise<void> {
  const expect: Record<string, number | null> = {}
  const put: Record<string, string> = {}
  const remove: string[] = []
  for (const {path, before, after, beyond} of files) {
    const current = await store.read(path)
    const text = current?.data ?? null
    if (text === after || (beyond !== undefined && text === beyond)) continue
    if (text !== before) throw changedMeanwhile(path)
    expect[path] = current?.revision ?? null
    if (after === null) remove.push(path)
    else put[path] = after
  }
  if (Object.keys(expect).length > 0) await store.commit({expect, put, remove, fences})
}

function changedMeanwhile(path: string): ConflictError {
  return new ConflictError(`the configuration file ${path} was changed by somebody else meanwhile`, {nextSteps: ['Look at it and repeat the command.']})
}
