// Brings a fresh Debian machine to the point where Corral can be built, run or tested: Debian packages, npm packages, build.
// Uses nothing but Node, because it runs before `npm ci`.
import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const packageLists = JSON.parse(fs.readFileSync(path.join(projectRoot, 'scripts/debian-packages.json'), 'utf8'))

/** A set-up step that cannot go on; the message says what to type. */
export class SetupError extends Error {}

/** Runs a program with its output on our stderr, so that stdout stays the caller's. @throws SetupError when it fails */
function runVisibly(argv, options = {}) {
  const result = spawnSync(argv[0], argv.slice(1), {cwd: projectRoot, stdio: ['ignore', 2, 2], ...options})
  if (result.error) throw new SetupError(`${argv[0]} could not be started: ${result.error.message}`)
  if (result.status !== 0) throw new SetupError(`'${argv.join(' ')}' failed with exit code ${result.status}`)
}

function missingPackages(names) {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Abbrev} ${Package}\n', '--', ...names], {encoding: 'utf8'})
  if (query.error) throw new SetupError('this is not a Debian machine: dpkg-query is missing')
  const installed = new Set(query.stdout.split('\n').filter((line) => line.startsWith('ii ')).map((line) => line.slice(3).trim()))
  return names.filter((name) => !installed.has(name))
}

/**
 * Installs what is missing of the named groups of scripts/debian-packages.json when we are root.
 * @param {...('build'|'run'|'guest-iso'|'debian-guest'|'lab'|'package'|'test')} groups
 * @throws SetupError with the one line to type when we are not root
 */
export function ensureDebianPackages(...groups) {
  const names = [...new Set(groups.flatMap((group) => packageLists[group]))]
  const missing = missingPackages(names)
  if (missing.length === 0) return
  if (process.getuid() !== 0) {
    throw new SetupError(`these Debian packages are missing; as root:\n  apt-get install --no-install-recommends ${missing.join(' ')}`)
  }
  console.error(`Installing Debian packages: ${missing.join(' ')}`)
  const env = {...process.env, DEBIAN_FRONTEND: 'noninteractive'}
  runVisibly(['apt-get', '-qq', 'update'], {env})
  runVisibly(['apt-get', '-qq', '-y', '--no-install-recommends', 'install', ...missing], {env})
}

/** Gives root the range of user and group ids that unprivileged containers run with, unless it has one. @throws SetupError when we are not root */
export function ensureSubordinateIds() {
  const hasRange = ['/etc/subuid', '/etc/subgid'].every((file) => fs.existsSync(file) && /^root:100000:65536$/m.test(fs.readFileSync(file, 'utf8')))
  if (hasRange) return
  const argv = ['usermod', '--add-subuids', '100000-165535', '--add-subgids', '100000-165535', 'root']
  if (process.getuid() !== 0) throw new SetupError(`containers of root need a range of ids; as root:\n  ${argv.join(' ')}`)
  runVisibly(argv)
}

function fileHash(file) {
  return createHash('sha256').update(fs.readFileSync(path.join(projectRoot, file))).digest('hex')
}

/** `npm ci`, unless the installed packages already stem from this package-lock.json. */
export function ensureNpmPackages() {
  const stamp = path.join(projectRoot, 'node_modules/.installed-from')
  const wanted = `${fileHash('package-lock.json')} ${process.version}`
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) return
  // `npm ci` empties the folder first, and through a link that would be somebody else's.
  const folder = path.dirname(stamp)
  if (fs.lstatSync(folder, {throwIfNoEntry: false})?.isSymbolicLink()) {
    throw new SetupError(`${folder} is a link, and what it leads to was not installed from this package-lock.json. Remove the link, or install there: npm ci`)
  }
  console.error('Installing npm packages (the SQLite binding is compiled, which takes a minute or two)')
  runVisibly(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel', 'error'])
  fs.writeFileSync(stamp, wanted)
}

/** `npm run build`; incremental, so it costs little when nothing has changed. */
export function ensureBuild() {
  runVisibly([process.execPath, 'scripts/build.mjs'])
}

/** Runs a set-up and ends the program with one clear message when it cannot go on. */
export function setUp(steps) {
  try {
    steps()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    console.error(`Set-up stopped: ${error.message}`)
    process.exit(1)
  }
}
