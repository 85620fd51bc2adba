// The environment of a private installation: a file `environment` beside the agent with CORRAL_ROOT and CORRAL_NODE, one NAME=value a line.
// What the login's own environment says counts less, so that one path always means one installation.
import {InvalidInputError, placesFromEnvironment} from '../base/index.ts'
import type {HostFiles} from '../host/index.ts'

const maxBytes = 4096
const names = ['CORRAL_ROOT', 'CORRAL_NODE'] as const

/**
 * Reads the file into the environment; nothing is changed where there is none.
 * @param path of the file
 * @throws InvalidInputError when it holds anything else
 */
export async function takeEnvironment(path: string, files: Pick<HostFiles, 'stat' | 'readText'>, env: Record<string, string | undefined>): Promise<void> {
  if (await files.stat(path) === undefined) return
  for (const line of (await files.readText(path, maxBytes)).split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const name = names.find((known) => line.startsWith(`${known}=`))
    if (name === undefined) throw new InvalidInputError(`${path} may set ${names.join(' and ')} only`)
    env[name] = line.slice(name.length + 1)
  }
  placesFromEnvironment(env)
}
