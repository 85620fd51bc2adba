// Makes the package from a built tree: a folder with what gets installed and what debhelper reads, and debhelper's run in it.
//   node scripts/package-deb/build.mjs FOLDER   does that and nothing else, and prints the package's path.
import {execFileSync, spawnSync} from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {copyright} from './copyright.mjs'
import {installDocuments} from './documents.mjs'
import {npmFiles} from './npm-files.mjs'
import {installPrograms} from './programs.mjs'

/** The revision of the packaging, behind the version of the program. */
const revision = 1

/**
 * @param options.root the source tree, built
 * @param options.folder where the package goes
 * @returns {Promise<{file: string, version: string, installedKiB: number}>}
 * @throws Error when debhelper fails, with what it said
 */
export async function buildDebianPackage({root, folder, env = process.env}) {
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  const version = `${manifest.version}-${revision}`
  const epoch = env.SOURCE_DATE_EPOCH ?? lastCommit(root)
  const stage = fs.mkdtempSync(path.join(os.tmpdir(), 'corral-package-'))
  try {
    const source = path.join(stage, 'corral')
    const tree = path.join(source, 'tree')
    fs.mkdirSync(tree, {recursive: true})
    const npm = await npmFiles(root)
    installPrograms({root, tree, manifest, npm})
    installDocuments({root, tree})
    writeDebianFolder({root, source, manifest, version, epoch, npm, env})
    settleModes(tree)
    const architecture = execFileSync('dpkg', ['--print-architecture'], {encoding: 'utf8'}).trim()
    const built = spawnSync('fakeroot', ['debian/rules', 'binary'], {
      cwd: source, encoding: 'utf8', env: {...env, SOURCE_DATE_EPOCH: epoch, DEB_BUILD_OPTIONS: 'nostrip', LC_ALL: 'C.UTF-8', TZ: 'UTC', MAKEFLAGS: ''},
    })
    if (built.status !== 0) throw new Error(`debhelper failed:\n${built.stdout ?? ''}${built.stderr ?? built.error?.message ?? ''}`)
    const name = `corral_${version}_${architecture}.deb`
    const file = path.join(folder, name)
    fs.copyFileSync(path.join(stage, name), file)
    return {file, version, installedKiB: Number(execFileSync('dpkg-deb', ['-f', file, 'Installed-Size'], {encoding: 'utf8'}))}
  } finally {
    fs.rmSync(stage, {recursive: true, force: true})
  }
}

/** A tree without git's history has the time of its last changed description of changes. */
function lastCommit(root) {
  const {status, stdout} = spawnSync('git', ['-C', root, 'log', '-1', '--format=%ct'], {encoding: 'utf8'})
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : String(Math.floor(fs.statSync(path.join(root, 'CHANGELOG.md')).mtimeMs / 1000))
}

function writeDebianFolder({root, source, manifest, version, epoch, npm, env}) {
  const folder = path.join(source, 'debian')
  fs.cpSync(path.join(root, 'packaging/debian'), folder, {recursive: true})
  const maintainer = `${env.DEBFULLNAME ?? 'Corral maintainers'} <${env.DEBEMAIL ?? 'maintainers@corral.example'}>`
  replaceIn(path.join(folder, 'control'), {maintainer, nodeVersion: manifest.engines.node.replace(/^>=/, '')})
  const date = new Date(Number(epoch) * 1000).toUTCString().replace('GMT', '+0000')
  fs.writeFileSync(path.join(folder, 'changelog'), `corral (${version}) unstable; urgency=medium\n\n  * Version ${manifest.version}; see changelog.gz for what has changed.\n\n -- ${maintainer}  ${date}\n`)
  fs.writeFileSync(path.join(folder, 'copyright'), copyright({root, npm}))
  fs.copyFileSync(path.join(root, 'CHANGELOG.md'), path.join(source, 'CHANGELOG.md'))
  fs.chmodSync(path.join(folder, 'rules'), 0o755)
}

function replaceIn(file, values) {
  const text = fs.readFileSync(file, 'utf8').replace(/@(\w+)@/g, (_, name) => values[name])
  fs.writeFileSync(file, text)
}

/** The modes that a package has, whatever umask the build ran with: programs are those whose owner may run them. */
function settleModes(folder) {
  fs.chmodSync(folder, 0o755)
  for (const entry of fs.readdirSync(folder, {recursive: true, withFileTypes: true})) {
    const file = path.join(entry.parentPath, entry.name)
    if (entry.isDirectory()) fs.chmodSync(file, 0o755)
    else if (entry.isFile()) fs.chmodSync(file, (fs.statSync(file).mode & 0o100) === 0 ? 0o644 : 0o755)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
  console.log((await buildDebianPackage({root, folder: path.resolve(process.argv[2] ?? 'dist')})).file)
}
