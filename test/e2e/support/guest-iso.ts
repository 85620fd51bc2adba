// The bootable image of the end-to-end tests, built once and kept for later runs. Its name holds what it was built by, so that a changed
// script makes a new one.
import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync, mkdirSync, readFileSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {promisify} from 'node:util'

const script = resolve(import.meta.dirname, '../../../scripts/build-guest-iso.sh')

/** What the guest says when it is up. */
export const readyLine = /Corral guest ready: (\S+)/

export async function guestIso(): Promise<string> {
  const folder = join(tmpdir(), `corral-e2e-${process.getuid?.() ?? 0}`)
  const path = join(folder, `guest-${createHash('sha256').update(readFileSync(script)).digest('hex').slice(0, 16)}.iso`)
  if (existsSync(path)) return path
  mkdirSync(folder, {recursive: true, mode: 0o700})
  for (const old of readdirSync(folder)) rmSync(join(folder, old))
  await promisify(execFile)(script, [path], {timeout: 170_000})
  return path
}
