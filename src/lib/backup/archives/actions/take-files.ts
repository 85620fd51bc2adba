// The actions of `corral backup files extract`: files go into a new folder, which is taken back whole, or to standard output.
import {AppError, ConflictError, InvalidInputError} from '../../../base/index.ts'
import {parseArchiveName} from '../../../storage/archive/index.ts'
import {plainArgv} from '../../../storage/archive/plain-archive.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {passOn, unpackArgv, unpackInto} from '../files/take-entries.ts'

export interface TakeFiles extends Action {
  readonly kind: 'backup.take-files'
  /** Of the archive. */
  readonly path: string
  /** Without slashes before and behind them; an empty one is all. */
  readonly files: readonly string[]
  /** A folder that is not there yet, or - for standard output. */
  readonly target: string
}

export interface DropFiles extends Action {
  readonly kind: 'backup.drop-files'
  readonly target: string
}

export const takeFiles = defineAction<TakeFiles>({
  kind: 'backup.take-files',
  describe: ({path, files, target}) => [
    ...(target === '-' ? [] : [commandLine(folderArgv(target))]), commandLine(plainArgv(path, parseArchiveName(path).compression)),
    ...files.map((file) => `# take /${file}, to ${target === '-' ? 'standard output' : target}`), ...(target === '-' ? [] : [commandLine(unpackArgv(target))]),
  ],
  conflictMeansUntouched: true,
  run: async ({path, files, target}, context) => {
    const backup = {path, archive: parseArchiveName(path)}
    const taken = target === '-' ? await passOn(backup, files, standardOutput(context), context) : await intoNewFolder(target, () => unpackInto(target, backup, files, context), context)
    context.log.info(`took ${taken.files} ${taken.files === 1 ? 'file' : 'files'} (${taken.bytes} bytes)`)
  },
})

export const dropFiles = defineAction<DropFiles>({
  kind: 'backup.drop-files',
  describe: ({target}) => [commandLine(['rm', '-r', '--', target])],
  run: async ({target}, {host}) => host.files.removeTree(target),
})

/** Pure: it fails when there is something by that name. */
function folderArgv(target: string): string[] {
  return ['mkdir', '-m', '700', '--', target]
}

async function intoNewFolder<R>(target: string, work: () => Promise<R>, {host}: Context): Promise<R> {
  if (await host.files.stat(target) !== undefined) throw new ConflictError(`${target} is there already`, {nextSteps: ['Name a folder that is not there yet.']})
  await host.run(folderArgv(target))
  return work()
}

function standardOutput({terminal}: Context): NodeJS.WriteStream {
  if (terminal === undefined) throw new AppError('internal', 'files were to be written to standard output without one')
  if (terminal.output.isTTY === true) throw new InvalidInputError('a tar archive is nothing for a terminal', {target: 'has to be given'}, {nextSteps: ['Name a folder: --target FOLDER', 'Or pass it on: corral backup files extract … | tar tv']})
  return terminal.output
}
