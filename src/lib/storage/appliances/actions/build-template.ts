// The action that builds a container template: the tree in a folder of its own, tidied, packed beside its place, and named last. Its undo is
// template.discard-build, which is right at any moment.
import {ConflictError, NotFoundError, ToolError, UnavailableError} from '../../../base/index.ts'
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {proxiesIn} from '../build/apt-sources.ts'
import type {BuildPaths} from '../build/build-argv.ts'
import {makeFoldersArgv, packArgv, removeWorkArgv, tidyArgvs, treeArgv, versionFile} from '../build/build-argv.ts'
import type {ReleaseName, VariantName} from '../build/releases.ts'
import {releases} from '../build/releases.ts'
import {freeTemplateName, parseDebianVersion} from '../build/template-name.ts'

export interface BuildTemplate extends Action, BuildPaths {
  readonly kind: 'template.build'
  readonly storage: string
  /** Of the storage's templates. */
  readonly folder: string
  readonly release: ReleaseName
  readonly variant: VariantName
  readonly extraPackages: readonly string[]
  readonly architecture: string
  readonly sources: readonly string[]
  readonly takesOldLists: boolean
}

export interface DiscardBuild extends Action, BuildPaths { readonly kind: 'template.discard-build' }

const buildLimitMs = 4 * 3600_000
const keptErrorBytes = 256 * 1024

export const buildTemplate = defineAction<BuildTemplate>({
  kind: 'template.build',
  describe: (action) => {
    const system = `${action.release}-${action.variant}`
    return [
      ...[removeWorkArgv(action), makeFoldersArgv(action), treeArgv(wishOf(action), action), ...tidyArgvs(action), packArgv(action), ['chmod', '0644', '--', action.part], removeWorkArgv(action)].map((argv) => commandLine(argv)),
      `# keep ${action.part} as ${action.storage}:vztmpl/${system}_<point release>-<number>_${action.architecture}.tar.zst`,
    ]
  },
  run: async (action, context) => {
    const {host, log, signal} = context
    const run = (argv: readonly string[]) => host.run(argv, {timeoutMs: buildLimitMs, signal, diesWithUs: true, maxOutputBytes: keptErrorBytes})
    await run(removeWorkArgv(action))
    await run(makeFoldersArgv(action))
    await makeTree(action, context)
    const version = parseDebianVersion(await host.files.readText(versionFile(action)))
    for (const argv of tidyArgvs(action)) await run(argv)
    log.info('packing the template')
    if (await host.files.stat(action.folder) === undefined) await host.files.makeDirectory(action.folder, 0o755)
    await run(packArgv(action))
    await run(['chmod', '0644', '--', action.part])
    await run(['sync', '--', action.part])
    const name = await keep(action, version, context)
    await run(removeWorkArgv(action))
    const volume = `${action.storage}:vztmpl/${name}`
    log.info(`built '${volume}'`)
    return volume
  },
})

function wishOf({release, ...rest}: BuildTemplate): Parameters<typeof treeArgv>[0] {
  return {...rest, release: releases[release]}
}

/** @throws UnavailableError with mmdebstrap's own words */
async function makeTree(action: BuildTemplate, {host, log, signal}: Context): Promise<void> {
  const env = proxiesIn((await host.run(['apt-config', 'dump'])).stdout)
  const told = (line: string) => { if (/^[IW]: /.test(line)) log.info(line.slice(3)) }
  try {
    await host.run(treeArgv(wishOf(action), action), {timeoutMs: buildLimitMs, signal, diesWithUs: true, env, onLine: told, maxOutputBytes: keptErrorBytes})
  } catch (cause) {
    if (!(cause instanceof ToolError)) throw cause
    throw new UnavailableError(`the tree of ${action.release} could not be built: ${reasonIn(cause.failure.stderr)}`, {
      cause, nextSteps: ['Look whether apt of this host reaches its servers: apt-get update', 'Or take another server: --mirror http://mirror.example.org/debian'],
    })
  }
}

/** mmdebstrap tells at the end only that a program failed; which, and why, apt says before. */
function reasonIn(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  const reason = lines.find((line) => /^(?:E|Err|unshare|mmdebstrap): /.test(line) && !/^E: (?:apt-get|setup|run_chroot)\b/.test(line)) ?? lines.at(-1) ?? 'it did not say why'
  return reason.replace(/^E: /, '').slice(0, 300)
}

async function keep(action: BuildTemplate, version: string, {host}: Context): Promise<string> {
  const {folder, part, architecture} = action
  const name = freeTemplateName({system: `${action.release}-${action.variant}`, version, architecture}, await host.files.list(folder))
  const path = `${folder}/${name}`
  if (await host.files.stat(path) !== undefined) throw new ConflictError(`there is a file ${path} already`)
  await host.files.rename(part, path)
  await host.run(['sync', '--', folder])
  return name
}

/** Removes what a build was making. The template itself is there only when it is whole. */
export const discardBuild = defineAction<DiscardBuild>({
  kind: 'template.discard-build',
  describe: (action) => [['rm', '-f', '--', action.part], removeWorkArgv(action)].map((argv) => commandLine(argv)),
  run: async (action, {host}) => {
    await host.files.remove(action.part)
    await host.run(removeWorkArgv(action), {timeoutMs: 10 * 60_000})
  },
})

/** @throws NotFoundError with the line that installs what is missing */
export async function requireBuilder({host}: Pick<Context, 'host'>): Promise<void> {
  const programs = [['mmdebstrap', 'mmdebstrap'], ['zstd', 'zstd'], ['tar', 'tar'], ['unshare', 'util-linux']] as const
  const missing = (await Promise.all(programs.map(async ([program, owner]) => await host.which(program) === undefined ? [owner] : []))).flat()
  if (missing.length > 0) throw new NotFoundError(`templates cannot be built: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed`, {nextSteps: [`apt-get install ${missing.join(' ')}`]})
}
