// Files of a virtual machine's file system as a tar archive, written by a tar that sees nothing of the host but its programs.
import type {Readable} from 'node:stream'
import {InvalidInputError} from '../../../base/index.ts'
import {withProgramOutput} from '../../../storage/archive/plain-archive.ts'
import type {Context} from '../../../tasks/index.ts'
import type {InMachine, MachineLook} from './machine-entries.ts'
import {plainStat, withFilesOf} from './machine-entries.ts'
import type {BackupWithFiles} from './open-files.ts'

/**
 * Lends the archive.
 * @param paths in that file system; an empty one is all of it
 * @throws NotFoundError naming a path that is not there; InvalidInputError for one that leads through a link, and for a file system that is damaged; as withFilesOf
 */
export async function withMachineArchive(backup: BackupWithFiles, at: InMachine & MachineLook, paths: readonly string[], context: Context, work: (from: Readable) => Promise<void>): Promise<void> {
  await withFilesOf(backup, at, at, context, async ({tree, tarArgv, host}) => {
    for (const path of paths) await plainStat(tree, path)
    const failed = (cause: unknown): Error => new InvalidInputError('files of the backup cannot be read; their file system is damaged', {}, {cause})
    await withProgramOutput({argv: tarArgv(paths), failed}, {host, signal: context.signal}, work)
  })
}
