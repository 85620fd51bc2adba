// Where programs are looked for, and the environment that they get. Cron and systemd give us a short PATH or none, and a shell of `su`
// lacks the sbin folders, where most of the tools live that we need.
import {constants} from 'node:fs'
import {access, stat} from 'node:fs/promises'

const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const

/** PATH with the system folders that it lacks at its end. Relative entries are left out: they would depend on the working folder. */
export function completePath(path: string | undefined): string {
  const given = (path ?? '').split(':').filter((folder) => folder.startsWith('/'))
  return [...given, ...systemFolders.filter((folder) => !given.includes(folder))].join(':')
}

/** The environment of a child: ours, then what was added, with PATH completed and messages in English. */
export function childEnvironment(added: Readonly<Record<string, string>> = {}): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries({...process.env, ...added})) {
    if (value !== undefined) environment[name] = value
  }
  return {...environment, PATH: completePath(added['PATH'] ?? process.env['PATH']), LC_ALL: 'C'}
}

/** The path of an executable file, looked for as execvp(3) does; undefined when there is none. */
export async function findProgram(program: string, path: string = completePath(process.env['PATH'])): Promise<string | undefined> {
  if (program === '' || program.includes('\0')) return undefined
  const candidates = program.includes('/') ? [program] : path.split(':').map((folder) => `${folder}/${program}`)
  for (const candidate of candidates) {
    if (await isExecutableFile(candidate)) return candidate
  }
  return undefined
}

async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
