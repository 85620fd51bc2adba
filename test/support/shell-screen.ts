// A real shell in a real terminal (tmux), for tests of completion: types, presses TAB, and looks at the screen.
import {execFileSync, spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'

const projectRoot = path.resolve(import.meta.dirname, '../..')
export type Shell = 'bash' | 'zsh' | 'fish'

export function isMissing(program: string): boolean {
  return spawnSync('which', [program]).status !== 0
}

export interface ScreenOptions {
  readonly env?: Readonly<Record<string, string>>
  /** More lines for the start-up file of the shell. */
  readonly setUp?: string
  /** Whether our script is loaded at the start. Default true. */
  readonly isLoaded?: boolean
}

/** What each shell needs at its start: a short prompt, no history, and our script. */
function startUp(shell: Shell, {setUp = '', isLoaded = true}: ScreenOptions): readonly [file: string, text: string] {
  const script = path.join(projectRoot, 'completions')
  switch (shell) {
    case 'bash': return ['rc', `PS1='> '; unset HISTFILE; bind 'set bell-style none'; bind 'set completion-query-items 0'; bind 'set page-completions off'\n${setUp}\n${isLoaded ? `source ${script}/corral.bash` : ''}\n`]
    case 'zsh': return ['.zshrc', `PS1='> '; unset HISTFILE; unsetopt BEEP; LISTMAX=10000\nfpath=(${script} $fpath)\nautoload -Uz compinit; compinit -u -D\n${setUp}\n`]
    case 'fish': return ['config.fish', `function fish_prompt; echo '> '; end\nset -g fish_greeting\nset -g fish_autosuggestion_enabled 0\nbind \\cl 'printf "\\e[2J\\e[H"; commandline -f repaint'\n${setUp}\nsource ${script}/corral.fish\n`]
  }
}

export class ShellScreen {
  readonly #home = mkdtempSync(path.join(tmpdir(), 'corral-screen-'))
  readonly #shell: Shell

  constructor(shell: Shell, options: ScreenOptions = {}) {
    const {env = {}} = options
    this.#shell = shell
    const [file, text] = startUp(shell, options)
    writeFileSync(path.join(this.#home, file), text)
    const own = {HOME: this.#home, PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8', TERM: 'xterm', ZDOTDIR: this.#home, XDG_CONFIG_HOME: `${this.#home}/config`, ...env}
    const command = {bash: ['bash', '--noprofile', '--rcfile', `${this.#home}/rc`, '-i'], zsh: ['zsh', '-d', '-i'], fish: ['fish', '--no-config', '-C', `source ${this.#home}/config.fish`]}[shell]
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '150', '-y', '50', '-c', this.#home, '--', 'env', '-i', ...Object.entries(own).map(([name, value]) => `${name}=${value}`), ...command)
  }

  /** Types on an empty line, presses TAB as often as said, and gives the line of the prompt and what is listed below it. */
  async complete(line: string, tabs = 1): Promise<{line: string; below: string}> {
    await this.#clear()
    this.#tmux('send-keys', '-l', '--', line)
    await this.#until((screen) => lastPrompt(screen).line.trimEnd() === `> ${line}`.trimEnd())
    for (let count = 0; count < tabs; count++) {
      this.#tmux('send-keys', 'Tab')
      await this.#settled()
    }
    return lastPrompt(this.screen())
  }

  /** Types, presses TAB once, and waits a while for the line that should come of it. Gives the line that came. */
  async becomes(line: string, wanted: string): Promise<string> {
    if (line.trimEnd() === wanted) return (await this.complete(line)).line.trimEnd()
    await this.#clear()
    this.#tmux('send-keys', '-l', '--', line)
    await this.#until((screen) => lastPrompt(screen).line.trimEnd() === `> ${line}`.trimEnd())
    this.#tmux('send-keys', 'Tab')
    await this.#until((screen) => lastPrompt(screen).line.trimEnd() === `> ${wanted}`).catch(() => undefined)
    return lastPrompt(this.screen()).line.trimEnd()
  }

  screen(): string {
    return this.#tmux('capture-pane', '-p')
  }

  /** The folder in which the shell works. */
  home(): string {
    return this.#home
  }

  /** What the terminal was told to be called. */
  title(): string {
    return this.#tmux('display-message', '-p', '#{pane_title}')
  }

  /** The process of the shell. */
  pid(): number {
    return Number(this.#tmux('display-message', '-p', '#{pane_pid}'))
  }

  close(): void {
    spawnSync('tmux', ['-S', path.join(this.#home, 'tmux'), 'kill-server'])
    rmSync(this.#home, {recursive: true, force: true})
  }

  async #clear(): Promise<void> {
    // A shell that is interrupted at its start forgets the rest of its files.
    await this.#until((screen) => screen.split('\n').some((line) => line.startsWith('>')))
    // Not Ctrl-C, which comes at its own time and takes with it what was typed behind it.
    this.#tmux('send-keys', 'C-e', 'C-u', 'C-l')
    await pause(15)
    for (let tries = 0; !/^> ?\s*$/.test(this.screen().trim()); tries++) {
      if (tries > 200) throw new Error(`${this.#shell} cannot be cleared:\n${this.screen()}`)
      if (tries % 20 === 19) this.#tmux('send-keys', 'C-e', 'C-u', 'C-l')
      await pause(tries < 20 ? 15 : 100)
    }
  }

  async #until(isRight: (screen: string) => boolean): Promise<void> {
    for (let count = 0; count < 150; count++) {
      if (isRight(this.screen())) return
      await pause(count < 50 ? 15 : 150)
    }
    throw new Error(`${this.#shell} shows something else:\n${this.screen()}`)
  }

  /** The screen as it is when nothing has changed for a moment. */
  async #settled(): Promise<void> {
    let before = ''
    let same = 0
    for (let count = 0; count < 200 && same < 4; count++) {
      await pause(25)
      const now = this.screen()
      same = now === before ? same + 1 : 0
      before = now
    }
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-S', path.join(this.#home, 'tmux'), ...args], {encoding: 'utf8', env: {...process.env, TMUX: ''}})
  }
}

const pause = (durationMs: number) => new Promise((resolve) => { setTimeout(resolve, durationMs) })

/** bash lists above a new prompt, zsh and fish below theirs. */
function lastPrompt(screen: string): {line: string; below: string} {
  const lines = screen.trimEnd().split('\n')
  const at = lines.findLastIndex((line) => line.startsWith('>'))
  return {line: lines[at] ?? '', below: lines.filter((_, index) => index !== at).join('\n')}
}
