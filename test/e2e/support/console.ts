// The serial console of a guest, through `qm terminal` with pipes.
import type {ChildProcessWithoutNullStreams} from 'node:child_process'
import type {Installation} from './installation.ts'
import {waitUntil} from './installation.ts'
import {readyLine} from './guest-iso.ts'

export class GuestConsole {
  readonly #child: ChildProcessWithoutNullStreams
  #seen = ''
  #stderr = ''

  constructor(installation: Installation, vmid: number) {
    this.#child = installation.spawn('qm', ['terminal', String(vmid)])
    this.#child.stdout.on('data', (data: Buffer) => { this.#seen += data.toString('latin1') })
    this.#child.stderr.on('data', (data: Buffer) => { this.#stderr += data.toString() })
    this.#child.stdin.on('error', () => undefined)
  }

  /** Waits for a text and forgets what came up to its end. */
  async waitFor(pattern: RegExp, limitMs = 60_000): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null
    await waitUntil(`${String(pattern)} on the console (seen: ${this.#seen.slice(-300)} ${this.#stderr})`, () => {
      found = pattern.exec(this.#seen)
      return found !== null
    }, limitMs)
    const match = found as unknown as RegExpExecArray
    this.#seen = this.#seen.slice(match.index + match[0].length)
    return match
  }

  /** The guest is up. Asks with empty lines, in case it was up before we looked. */
  async waitForGuest(limitMs = 60_000): Promise<string> {
    const knock = setInterval(() => this.#child.stdin.write('\n'), 1_000)
    try {
      return (await this.waitFor(readyLine, limitMs))[1] ?? ''
    } finally {
      clearInterval(knock)
    }
  }

  type(line: string): void { this.#child.stdin.write(`${line}\n`) }

  /** Runs a command in the guest and gives what it printed. */
  async run(command: string, limitMs = 30_000): Promise<string> {
    const mark = `mark${Math.random().toString(36).slice(2)}`
    // The echo of what is typed must not look like its result.
    this.type(`${command}; echo "${mark.slice(0, 4)}""${mark.slice(4)}"`)
    const startedAt = performance.now()
    await this.waitFor(new RegExp(`"${mark.slice(4)}"\\r?\\n`), limitMs).catch(() => undefined)
    const [text = ''] = await this.waitFor(new RegExp(`[^]*${mark}\\r?\\n`), limitMs - (performance.now() - startedAt))
    return text.replace(new RegExp(`${mark}\\r?\\n$`), '').replaceAll('\r', '')
  }

  /** Leaves the console as a person would. */
  async leave(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode
    const ended = new Promise<number | null>((resolve) => { this.#child.once('close', resolve) })
    this.#child.stdin.write('\u000f')
    return ended
  }
}
