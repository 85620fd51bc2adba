// Writes contexts.yaml, if it still is what the plan was made for.
import {ConflictError} from '../../base/index.ts'
import {defineAction, unifiedDiff, type Action, type Step} from '../../tasks/index.ts'
import {readContextsText, writeContextsText} from '../contexts-file.ts'

export interface ContextsWrite extends Action {
  readonly kind: 'contexts.write'
  readonly path: string
  readonly before: string
  readonly after: string
}

export const contextsWrite = defineAction<ContextsWrite>({
  kind: 'contexts.write',
  describe: ({path, before, after}) => unifiedDiff(path, before, after),
  run: async ({path, before, after}, {host, places}) => {
    const now = await readContextsText(path, host.files)
    if (now === after) return
    if (now !== before) throw new ConflictError(`${path} was changed meanwhile`, {nextSteps: ['Repeat the command.']})
    await writeContextsText(path, after, host.files, places)
  },
  isAtomic: true,
})

export function contextsStep(edit: {readonly path: string; readonly before: string; readonly after: string}): Step {
  return {do: {kind: 'contexts.write', ...edit}}
}
