// The image that hosts of the lab boot: built once (six minutes on a quiet machine with two processors, most of it for ZFS), kept for later runs outside the tree. The folder's name holds what
// it was built by, so that a changed recipe makes a new one. ZFS modules are kept apart, so that a changed recipe need not compile them anew.
import {spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {existsSync, mkdirSync, readFileSync, readdirSync, rmSync} from 'node:fs'
import {join, resolve} from 'node:path'

const script = resolve(import.meta.dirname, '../../../scripts/build-lab-host.sh')

export interface LabImage {
  /** Its root file system, to be read only: hosts have overlays on it. */
  readonly disk: string
  readonly kernel: string
  readonly initrd: string
  /** QEMU of Debian 13. */
  readonly qemu: string
}

const buildLimitMs = 50 * 60_000

/** Not in /tmp, which may be in memory, and is emptied at a boot. */
export const labFolder = join(process.env['CORRAL_LAB_CACHE'] ?? '/var/tmp', `corral-lab-${process.getuid?.() ?? 0}`)

/** The image's files; whoever comes first builds them, others wait for that. @throws Error when it cannot be built; the script has said why */
export async function labImage(): Promise<LabImage> {
  const built = join(labFolder, createHash('sha256').update(readFileSync(script)).digest('hex').slice(0, 16))
  const image = {disk: join(built, 'disk.raw'), kernel: join(built, 'kernel'), initrd: join(built, 'initrd.img'), qemu: join(built, 'qemu/run')}
  if (existsSync(built)) return image
  mkdirSync(labFolder, {recursive: true, mode: 0o700})
  await buildOnce(built)
  return image
}

/** Under a lock that ends with its holder. Whatever else lies there is an old image or what a killed build left. */
async function buildOnce(built: string): Promise<void> {
  const once = 'test -d "$2" || exec sh "$1" "$2" "$3"'
  const untilWeEnd = ['setpriv', '--pdeathsig', 'KILL', '--']
  const argv = [...untilWeEnd, 'flock', join(labFolder, 'lock'), ...untilWeEnd, 'nice', '-n', '5', 'sh', '-c', once, 'sh', script, built, join(labFolder, 'zfs')]
  const child = spawn(argv[0] ?? '', argv.slice(1), {stdio: ['ignore', 'inherit', 'inherit'], timeout: buildLimitMs})
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code !== 0) throw new Error(`the image of the lab could not be built (${script} ended with ${code ?? 'a signal'})`)
  for (const old of readdirSync(labFolder)) if (!['lock', 'zfs'].includes(old) && join(labFolder, old) !== built) rmSync(join(labFolder, old), {recursive: true, force: true})
}
