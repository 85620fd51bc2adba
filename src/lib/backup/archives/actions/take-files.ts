// The actions of `corral backup files extract`: files go into a new folder, which is taken back whole, or to standard output.
import {AppError, ConflictError, InvalidInputError} from '../../../base/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {archiveSteps, withContainerArchive} from '../files/container-archive.ts'
import type {InMachine, MachineLook} from '../files/machine-entries.ts'
import type {BackupWithFiles} from '../files/open-files.ts'
import type {LendArchive} from '../files/take-entries.ts'
import {passOn, unpackArgv, unpackInto} from '../files/take-entries.ts'

export interface TakeFiles extends Action {
  readonly kind: 'backup.take-files'
  readonly backup: BackupWithFiles
  /** Of a virtual machine: the file system that the files are in. */
  readonly fileSystem?: InMachine & MachineLook
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
  describe: ({backup, fileSystem, files, target}) => [
    ...(target === '-' ? [] : [commandLine(folderArgv(target))]), archiveSteps(backup),
    ...(fileSystem === undefined ? [] : [`# mount /${fileSystem.disk}/${fileSystem.partition}, read-only, from a temporary copy in ${fileSystem.folder}`]),
    ...files.map((file) => `# take /${file}, to ${target === '-' ? 'standard output' : target}`), ...(target === '-' ? [] : [commandLine(unpackArgv(target))]),
  ],
  conflictMeansUntouched: true,
  run: async ({backup, fileSystem, files, target}, context) => {
    const lend: LendArchive = fileSystem === undefined ? (work) => withContainerArchive(backup, context, work) : await machineArchive(backup, fileSystem, files, context)
    const taken = target === '-' ? await passOn(lend, files, standardOutput(context), context) : await intoNewFolder(target, () => unpackInto(target, lend, files, context), context)
    context.log.info(`took ${taken.files} ${taken.files === 1 ? 'file' : 'files'} (${taken.bytes} bytes)`)
  },
})

export const dropFiles = defineAction<DropFiles>({
  kind: 'backup.drop-files',
  describe: ({target}) => [commandLine(['rm', '-r', '--', target])],
  run: async ({target}, {host}) => host.files.removeTree(target),
})

async function machineArchive(backup: BackupWithFiles, fileSystem: InMachine & MachineLook, files: readonly string[], context: Context): Promise<LendArchive> {
  const {withMachineArchive} = await import('../files/machine-archive.ts')
  return (work) => withMachineArchive(backup, fileSystem, files, context, work)
}

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
