// The folder for temporary files of a backup: made where nothing was, and gone with all in it.
import type {Action} from '../../../../tasks/index.ts'
import {ConflictError} from '../../../../base/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'

interface OfFolder extends Action { readonly path: string }

const makeArgv = (path: string) => ['mkdir', '--mode=700', '--', path]

export const makeFolder = defineAction<OfFolder & {readonly kind: 'lxc.make-folder'}>({
  kind: 'lxc.make-folder',
  conflictMeansUntouched: true,
  describe: ({path}) => [commandLine(makeArgv(path))],
  run: async ({path}, {host}) => {
    // mkdir(2) makes nothing where anything is, be it a link.
    if (await host.files.stat(path) !== undefined) throw new ConflictError(`${path} is there already`, {nextSteps: [`Look what it is, and remove it: ls -ld -- ${path}`]})
    await host.run(makeArgv(path))
  },
})

export const removeFolder = defineAction<OfFolder & {readonly kind: 'lxc.remove-folder'}>({
  kind: 'lxc.remove-folder',
  describe: ({path}) => [commandLine(['rm', '-r', '-f', '--', path])],
  run: async ({path}, {host}) => { await host.files.removeTree(path) },
})
