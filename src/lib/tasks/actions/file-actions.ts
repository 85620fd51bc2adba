// Actions on single files of the host, outside the store: generated files, run files.
import type {Action} from '../plan.ts'
import {defineAction} from '../plan.ts'
import {commandLine} from './command-line-text.ts'

export interface FileWrite extends Action {
  readonly kind: 'file.write'
  readonly path: string
  readonly text: string
  /** Default 0o600. */
  readonly mode?: number
}

export interface FileRemove extends Action {
  readonly kind: 'file.remove'
  readonly path: string
}

/** Replaces or makes a file; undo it with `file.write` of the old text, or with `file.remove`. */
export const fileWrite = defineAction<FileWrite>({
  kind: 'file.write',
  isAtomic: true,
  describe: ({path, text}) => [`write ${path} (${Buffer.byteLength(text)} bytes)`],
  run: async ({path, text, mode}, {host}) => host.files.write(path, text, mode === undefined ? {} : {mode}),
})

/** Removes a file; right when it is not there. */
export const fileRemove = defineAction<FileRemove>({
  kind: 'file.remove',
  isAtomic: true,
  describe: ({path}) => [commandLine(['rm', '-f', '--', path])],
  run: async ({path}, {host}) => { await host.files.remove(path) },
})
