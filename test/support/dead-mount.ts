// A file system whose server never answers: FUSE mounted by us, and nobody reads what the kernel asks. Whoever touches it waits until it is killed.
import {spawnSync} from 'node:child_process'
import {closeSync, existsSync, openSync} from 'node:fs'
import {mkdir} from 'node:fs/promises'

/** Why there can be none here; undefined when there can. */
export function missingForDeadMount(): string | undefined {
  if (process.getuid?.() !== 0) return 'mounting needs root'
  return existsSync('/dev/fuse') ? undefined : 'there is no /dev/fuse'
}

export interface DeadMount { readonly close: () => void }

/** @param path is made where it is not there */
export async function deadMount(path: string): Promise<DeadMount> {
  await mkdir(path, {recursive: true})
  const device = openSync('/dev/fuse', 'r+')
  const {status, stderr} = spawnSync('mount', ['-i', '-t', 'fuse', '-o', 'fd=3,rootmode=40000,user_id=0,group_id=0', 'dead', path], {stdio: ['ignore', 'ignore', 'pipe', device], encoding: 'utf8'})
  if (status !== 0) {
    closeSync(device)
    throw new Error(`the dead file system was not mounted: ${stderr}`)
  }
  return {close: () => {
    // With the last descriptor the kernel gives up all who wait.
    closeSync(device)
    spawnSync('umount', ['-l', '--', path])
  }}
}
