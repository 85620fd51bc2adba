// An archive that is whole gets its name, with its notes and its protection beside it; the undo takes all of that away again.
import {ConflictError} from '../../../base/index.ts'
import type {Action} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'

export interface Publish extends Action {
  readonly kind: 'backup.publish'
  readonly from: string
  readonly to: string
  readonly notes?: string
  readonly isProtected?: boolean
}

export interface Unpublish extends Action {
  readonly kind: 'backup.unpublish'
  readonly from: string
  readonly to: string
}

/** As in other backups of the folder, so that whoever may look into it can read them. */
const besideMode = 0o644

export const publish = defineAction<Publish>({
  kind: 'backup.publish',
  conflictMeansUntouched: true,
  describe: ({from, to, notes, isProtected}) => [
    ...notes === undefined ? [] : [`write ${to}.notes (${Buffer.byteLength(notes)} bytes)`], ...isProtected === true ? [`write ${to}.protected (0 bytes)`] : [],
    commandLine(['mv', '--', from, to]),
  ],
  run: async ({from, to, notes, isProtected}, {host: {files}}) => {
    if (await files.stat(to) !== undefined) throw new ConflictError(`${to} is there already and is not overwritten`)
    // First what protects it: the archive is never seen without.
    if (isProtected === true) await files.write(`${to}.protected`, '', {mode: besideMode})
    if (notes !== undefined) await files.write(`${to}.notes`, `${notes.trimEnd()}\n`, {mode: besideMode})
    await files.rename(from, to)
  },
})

export const unpublish = defineAction<Unpublish>({
  kind: 'backup.unpublish',
  describe: ({from, to}) => [commandLine(['rm', '-f', '--', from, to, `${to}.notes`, `${to}.protected`])],
  run: async ({from, to}, {host: {files}}) => {
    for (const path of [from, to, `${to}.notes`, `${to}.protected`]) await files.remove(path)
  },
})
