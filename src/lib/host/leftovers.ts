// The temporary files of writes (HostFiles.write): their names say which process writes them, so that those of a process that was killed
// between writing and renaming can be told from those of one that is at work.
import type {Host, ProcessId} from './host.ts'

/** The name of a temporary file of this process. Pure. @param random keeps two writes of one process apart */
export function temporaryName({pid, startTime}: ProcessId, random: string): string {
  return `.corral-${pid}-${startTime}-${random}.tmp`
}

/** Who writes a file by this name; undefined when it is no temporary file of ours. Pure. */
export function writerOf(name: string): ProcessId | undefined {
  const [, pid, startTime] = /^\.corral-([1-9]\d{0,9})-(\d{1,20})-[0-9a-f]+\.tmp$/.exec(name) ?? []
  return pid === undefined || startTime === undefined ? undefined : {pid: Number(pid), startTime}
}

/** The paths of temporary files in a folder that no process of this host writes any more. One of another host may, where the folder is shared. */
export async function leftoversIn(folder: string, host: Pick<Host, 'files' | 'process'>): Promise<string[]> {
  const left: string[] = []
  for (const name of await host.files.list(folder)) {
    const writer = writerOf(name)
    if (writer !== undefined && (await host.process(writer.pid))?.startTime !== writer.startTime) left.push(`${folder}/${name}`)
  }
  return left
}
