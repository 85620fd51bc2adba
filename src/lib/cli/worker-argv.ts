// How a task's worker is started: this very Node with the program beside this file.
import {fileURLToPath} from 'node:url'

export function workerArgv(): readonly string[] {
  return [process.execPath, fileURLToPath(new URL('./worker-main.js', import.meta.url))]
}
