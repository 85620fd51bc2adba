// How a worker process is started: the Node that runs us, and the entry file beside this one.
import {fileURLToPath} from 'node:url'

/** argv of a worker. */
export function workerArgv(): string[] {
  return [process.execPath, fileURLToPath(new URL('./worker-main.js', import.meta.url))]
}
