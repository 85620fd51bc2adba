// Where this installation has the programs that it starts itself, and the files that QEMU is given. In the agent, which is one file without
// a source tree, agent/bundled-programs.ts stands in its place (scripts/bundle-agent.mjs). The paths hold from src/lib and dist/lib alike.
import {fileURLToPath} from 'node:url'

/** The daemon that watches guests, kept small: it lives as long as a guest does. */
export function eventDaemonArgv(): readonly string[] {
  return [process.execPath, '--max-semi-space-size=1', fileURLToPath(new URL('../guest/qemu/qmeventd/main.js', import.meta.url))]
}

/** A program that takes the words of a command: `qm cleanup 100 1 0`. */
export function corralProgram(): readonly string[] {
  return [process.execPath, fileURLToPath(new URL('../../../bin/corral', import.meta.url))]
}

/** The folder of device files and of the small programs that QEMU calls, with a slash at its end. */
export function supportFolder(): string {
  return fileURLToPath(new URL('../../../libexec/', import.meta.url))
}

/** The folder of the shells' completion scripts. */
export function completionsFolder(): string {
  return fileURLToPath(new URL('../../../completions', import.meta.url))
}
