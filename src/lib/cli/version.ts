// The version of this installation, as package.json has it.
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

/** The folder that holds bin, dist, man and package.json. */
export const productRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..')

/** @throws Error when package.json is not there, which is a broken installation */
export function productVersion(): string {
  return manifest().version
}

/** Whether this installation names plugins of oclif at all. */
export function hasPlugins(): boolean {
  return (manifest().oclif?.plugins ?? []).length > 0
}

interface Manifest {
  readonly version: string
  readonly oclif?: {readonly plugins?: readonly string[]}
}

function manifest(): Manifest {
  return JSON.parse(fs.readFileSync(path.join(productRoot, 'package.json'), 'utf8')) as Manifest
}
