// Reads the agent that was built with this installation, with its manifest, and checks it against that before it goes to any host.
import {createHash} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {fileURLToPath} from 'node:url'
import {UnavailableError} from '../base/index.ts'
import type {AgentBundle, AgentFile} from '../host/index.ts'

interface Manifest {
  readonly version: string
  readonly architecture: string
  readonly libc: string
  readonly files: readonly {readonly path: string; readonly mode: string; readonly sha256: string}[]
}

/** @param folder default: dist/agent of this installation. @throws UnavailableError when it is missing or not whole */
export async function readAgentBundle(folder = fileURLToPath(new URL('../../agent/', import.meta.url))): Promise<AgentBundle> {
  try {
    const {version, architecture, libc, files} = JSON.parse(await readFile(`${folder}/manifest.json`, 'utf8')) as Manifest
    const read = await Promise.all(files.map(async ({path, mode, sha256}): Promise<AgentFile> => {
      const data = await readFile(`${folder}/${path}`)
      if (createHash('sha256').update(data).digest('hex') !== sha256) throw new Error(`${path} is not the file that the manifest names`)
      return {path, mode: Number.parseInt(mode, 8), sha256, data}
    }))
    return {version, architecture, libc, files: read}
  } catch (error) {
    throw new UnavailableError('the agent of this installation is missing or damaged', {cause: error, nextSteps: ['Build it again: npm run build']})
  }
}
