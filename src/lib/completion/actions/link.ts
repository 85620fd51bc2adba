// Puts a link to one of our scripts where a shell looks for it: a link, because a copy would be of an older Corral some day.
import {commandLine, defineAction, type Action} from '../../tasks/index.ts'
import {refuseStrangers} from '../script-places.ts'

export interface CompletionLink extends Action {
  readonly kind: 'completion.link'
  readonly script: string
  readonly path: string
}

export const completionLink = defineAction<CompletionLink>({
  kind: 'completion.link',
  describe: ({script, path}) => [commandLine(['ln', '-sfn', '--', script, path])],
  run: async ({script, path}, {host: {files}}) => {
    await refuseStrangers(path, files)
    await files.makeDirectory(path.replace(/\/[^/]*$/, ''), 0o755)
    // Renamed into place, so that a shell that looks meanwhile finds the old one or the new one.
    const making = `${path}.corral-new`
    await files.remove(making)
    await files.symlink(script, making)
    await files.rename(making, path)
  },
  isAtomic: true,
})
