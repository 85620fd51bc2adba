// Where the shells look for completion scripts: of a user, of the machine's administrator, and of Debian's packages.
import {ConflictError, UnavailableError} from '../base/index.ts'
import type {Places} from '../base/index.ts'
import type {HostFiles} from '../host/index.ts'
import {completionsFolder} from '../host/programs.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

const scripts: Readonly<Record<Shell, string>> = {bash: 'corral.bash', zsh: '_corral', fish: 'corral.fish'}

export interface ScriptLink {
  readonly script: string
  readonly path: string
}

export function scriptOf(shell: Shell): string {
  return `${completionsFolder()}/${scripts[shell]}`
}

export interface LinkWishes {
  readonly isSystem: boolean
  readonly places: Places
  /** The names of the programs that complete, of which bash and fish load the script of the one that is typed. */
  readonly tools: readonly string[]
}

/** The programs of this installation, which are the tools. */
export async function completedTools(files: Pick<HostFiles, 'list'>): Promise<readonly string[]> {
  return (await files.list(`${completionsFolder()}/../bin`)).filter((name) => !name.includes('.'))
}

/** @throws UnavailableError for a caller without a home */
export function linksOf(shell: Shell, {isSystem, places, tools}: LinkWishes): readonly ScriptLink[] {
  const folder = folderOf(shell, isSystem, places)
  const script = scriptOf(shell)
  if (shell === 'zsh') return [{script, path: `${folder}/_corral`}]
  return tools.map((tool) => ({script, path: `${folder}/${tool}${shell === 'fish' ? '.fish' : ''}`}))
}

/** bash-completion(7) and the manuals of zsh (fpath) and fish (fish_complete_path) name these. */
function folderOf(shell: Shell, isSystem: boolean, {userDataDir, userConfigDir}: Places): string {
  if (isSystem) return {bash: '/usr/local/share/bash-completion/completions', zsh: '/usr/local/share/zsh/site-functions', fish: '/etc/fish/completions'}[shell]
  if (userDataDir === undefined || userConfigDir === undefined) throw new UnavailableError('there is no place for a user\'s completion: HOME is not set', {nextSteps: ['Install it for all users: --system']})
  const [data, config] = [userDataDir, userConfigDir].map((path) => path.replace(/\/corral$/, ''))
  return {bash: `${data ?? ''}/bash-completion/completions`, zsh: `${data ?? ''}/zsh/site-functions`, fish: `${config ?? ''}/fish/completions`}[shell]
}

/** A line that the user's own start-up file needs, where the shell does not find the script by itself. */
export function startUpLine(shell: Shell, isSystem: boolean, path: string): string | undefined {
  const folder = path.replace(/\/[^/]*$/, '')
  switch (shell) {
    case 'bash': return 'without the package bash-completion, add to ~/.bashrc:  source ' + scriptOf('bash')
    case 'zsh': return isSystem ? undefined : `add to ~/.zshrc, before compinit:  fpath=(${folder} $fpath)`
    case 'fish': return undefined
  }
}

/** @throws ConflictError when something else than a link lies there: a script of somebody else's */
export async function refuseStrangers(path: string, files: Pick<HostFiles, 'stat'>): Promise<void> {
  const found = await files.stat(path)
  if (found === undefined || found.kind === 'symlink') return
  throw new ConflictError(`${path} is there already and is no link of Corral's`, {nextSteps: [`Move it away: mv '${path}' '${path}.old'`], data: {path}})
}
