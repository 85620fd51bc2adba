// Writes the archive of a container: its configuration and the rules of its firewall first, then what tar finds in its file systems. Taken back by removing the file.
import {PassThrough} from 'node:stream'
import {AppError, ConflictError, ToolError} from '../../../../base/index.ts'
import {archiveArgvs, niceArgv, writeArchive} from '../../../../storage/archive/index.ts'
import type {ArchiveTarget} from '../../../../storage/archive/index.ts'
import {saveContainer} from '../../../../storage/repository/container-backup.ts'
import type {Action, Context} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import type {RepositoryTarget} from '../../../backup/backup-type.ts'
import {readContainer} from '../../kind.ts'
import {withFewRights} from '../../mount-space/jail.ts'
import {archivedConfigName, archivedFirewallName, asContainerRoot} from '../../templates/extract-argv.ts'
import {tarArgv} from '../archive-argv.ts'
import {archivedText} from '../archived-text.ts'
import {withBackupSpace} from '../backup-space.ts'
import type {BackupSpaceWish} from '../backup-space.ts'
import type {Excludes} from '../excludes.ts'
import {recordBytes, tarMember} from '../tar-member.ts'

export interface ArchiveContainer extends Action, BackupSpaceWish {
  readonly kind: 'lxc.archive'
  readonly target: ArchiveTarget
  /** Where it goes in place of the target. */
  readonly repository?: RepositoryTarget
  readonly excludes: Excludes
}

const limitMs = 7 * 24 * 3600_000
const keptErrorBytes = 64 * 1024
const mostTold = 20

export const archive = defineAction<ArchiveContainer>({
  kind: 'lxc.archive',
  // Nothing is written over a file that is there.
  conflictMeansUntouched: true,
  describe: ({vmid, map, points, source, target, repository, excludes}) => [
    ...points.map(({key, volume, path}) => `# mount ${source.type === 'folder' ? `the copy of ${key}` : source.type === 'live' || source.snapshot === undefined ? volume : `${volume} as of snapshot '${source.snapshot}'`} for ${path} where nobody else sees it`),
    `# write ${archivedConfigName}, and the rules of the firewall of container ${vmid}, before what comes in that mount space from:`,
    ...archiveArgvs(repository === undefined ? target : {path: '-'}, asContainerRoot(map, tarArgv(points, excludes))).map((argv) => `#   ${commandLine(argv)}`),
    ...repository === undefined ? [] : [`# and save it in the repository of storage '${repository.storage}' by restic, which cuts it where its content says so`],
  ],
  run: async (action, context) => {
    const {vmid, target, repository} = action
    const texts = await configTexts(vmid, context)
    const first = firstMembers(texts, context)
    const written = await withBackupSpace(action, context, async ({space, jail}) => {
      const ended = new AbortController()
      const signal = AbortSignal.any([context.signal, ended.signal])
      const argv = niceArgv(asContainerRoot(action.map, [...withFewRights(jail), ...tarArgv(action.points, action.excludes)]), target.ionice)
      const output = new PassThrough()
      const skipped = skippedPlaces(action, context)
      const tar = space.run(argv, {timeoutMs: limitMs, signal, diesWithUs: true, outputStream: output, maxOutputBytes: keptErrorBytes, onLine: skipped.onLine}).then(
        () => { output.end() }, (error: unknown) => { output.destroy(error instanceof Error ? error : new Error(String(error))) },
      )
      try {
        if (repository === undefined) return {kind: 'file', ...await writeArchive(target, wholeArchive(first, output), context)} as const
        const saved = await saveContainer({...repository, guestType: 'lxc', vmid, ...texts, ...(target.ionice === undefined ? {} : {ionice: target.ionice})}, wholeArchive(first, output), context)
        return {kind: 'repository', ...saved} as const
      } catch (error) {
        throw inOurWords(error, vmid)
      } finally {
        ended.abort()
        output.destroy()
        await tar
        skipped.end()
      }
    })
    context.log.info(written.kind === 'file'
      ? `wrote the archive of container ${vmid}: ${written.plainBytes} bytes, ${written.archiveBytes} on disk`
      : `saved container ${vmid}: ${written.plainBytes} bytes, of which ${written.newBytes} are new in the repository`)
  },
})

interface ConfigTexts {
  readonly config: string
  readonly firewall?: string
}

async function configTexts(vmid: number, context: Context): Promise<ConfigTexts> {
  const {config} = await readContainer(vmid, context)
  const firewall = (await context.store.read(`firewall/${vmid}.fw`))?.data
  return {config: archivedText(config), ...(firewall === undefined || firewall === '' ? {} : {firewall})}
}

function firstMembers({config, firewall}: ConfigTexts, {clock}: Context): Buffer {
  const seconds = Math.floor(clock.now() / 1000)
  return Buffer.concat([
    tarMember(`./${archivedConfigName}`, Buffer.from(config), seconds),
    ...(firewall === undefined ? [] : [tarMember(`./${archivedFirewallName}`, Buffer.from(firewall), seconds)]),
  ])
}

/** tar ends its own part with whole records; with ours before it the whole has to be filled up again. */
async function* wholeArchive(first: Buffer, rest: PassThrough): AsyncGenerator<Buffer> {
  let bytes = first.length
  yield first
  for await (const piece of rest as AsyncIterable<Buffer>) {
    bytes += piece.length
    yield piece
  }
  yield Buffer.alloc((recordBytes - bytes % recordBytes) % recordBytes)
}

/** File systems within, other than mount points: a backup without them is one without them, which has to be said. */
function skippedPlaces({hidden}: ArchiveContainer, {log}: Context): {readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void; readonly end: () => void} {
  let count = 0
  return {
    onLine: (line, stream) => {
      const place = stream === 'stderr' ? /^tar: \.(\/.{1,4096}?)\/?: file is on a different filesystem; not dumped$/.exec(line)?.[1] : undefined
      if (place === undefined || hidden.includes(place)) return
      count++
      if (count <= mostTold) log.warn(`${place} is a file system of its own and not in the backup`)
    },
    end: () => { if (count > mostTold) log.warn(`${count - mostTold} more file systems are not in the backup`) },
  }
}

function inOurWords(error: unknown, vmid: number): unknown {
  if (!(error instanceof ToolError)) return error
  const {stderr} = error.failure
  const told = stderr.split('\n').map((line) => line.trim()).filter((line) => /^tar: /.test(line) && !/different filesystem|Exiting with failure status/.test(line)).at(-1)?.slice(5, 305)
  if (told === undefined) return error
  if (/file changed as we read it|File removed before we read it/.test(told)) return new ConflictError(`the files of container ${vmid} changed while they were read: ${told}`, {cause: error, data: {vmid}})
  if (/Permission denied|Operation not permitted/.test(told)) {
    return new AppError('tool', `a file of container ${vmid} cannot be read by the container's own root: ${told}`, {
      cause: error, data: {vmid}, nextSteps: ['Give it an owner of the container, or leave it out: --exclude-path'],
    })
  }
  return new AppError('tool', `the files of container ${vmid} could not be read: ${told}`, {cause: error, data: {vmid}})
}
