// A template of Debian for containers, for the tests of test/e2e-debian: built once by `corral template build` (a minute), kept for later runs outside the
// tree. The folder's name holds what it was built by, so that a changed recipe makes a new one.
import {createHash} from 'node:crypto'
import {copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {Installation} from '../e2e/support/installation.ts'

const recipe = ['build-argv.ts', 'releases.ts'].map((name) => resolve(import.meta.dirname, '../../src/lib/storage/appliances/build', name))
const buildLimitMs = 14 * 60_000

/** The path of the archive; whoever comes first builds it. @throws Error with what the command said */
export async function debianTemplate(): Promise<string> {
  const folder = join(tmpdir(), `corral-debian-containers-${process.getuid?.() ?? 0}`)
  const hash = createHash('sha256')
  for (const path of recipe) hash.update(readFileSync(path))
  const kept = join(folder, `${hash.digest('hex').slice(0, 16)}.tar.zst`)
  if (existsSync(kept)) return kept
  mkdirSync(folder, {recursive: true, mode: 0o700})
  const installation = new Installation()
  try {
    const {code, stderr} = await installation.call('corral', ['template', 'build', 'debian-13'], {timeoutMs: buildLimitMs})
    if (code !== 0) throw new Error(`corral template build ended with ${code}: ${stderr}`)
    const cache = join(installation.root, 'lib/vz/template/cache')
    for (const old of readdirSync(folder)) rmSync(join(folder, old), {force: true})
    const part = `${kept}.${process.pid}`
    copyFileSync(join(cache, readdirSync(cache)[0] ?? ''), part)
    linkSync(part, kept)
    rmSync(part)
  } finally {
    await installation.close()
  }
  return kept
}
