// Turns a TypeScript program into one that plain Node can run, for tests that need child processes (kill -9, several processes at
// once, detached workers). Node 20 cannot strip types itself. The program is bundled to a private temporary folder, together with
// all of our own modules that it imports and execa, as in a build; the other npm packages are resolved from the repository's node_modules.
// A bundle has its own import.meta: programs for this must not look for files beside their source.
import {mkdtempSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, join, resolve} from 'node:path'
import {pathToFileURL} from 'node:url'
import {rolldown} from 'rolldown'
import {afterAll} from 'vitest'

const repositoryRoot = resolve(import.meta.dirname, '../..')
const builds = new Map<string, Promise<string>>()
let outputFolder: string | undefined

// Not an 'exit' handler: the test runner ends its workers without letting one run.
afterAll(() => { if (outputFolder !== undefined) rmSync(outputFolder, {recursive: true, force: true}) })

/**
 * Bundles a program once for each test file; the bundle is removed after the file's last test. Import this at the top of a test file.
 * @param entryPath the program's `.ts` file, absolute or relative to the repository
 * @returns the absolute path of a `.mjs` file: `spawn(process.execPath, [path, ...args])`
 */
export function builtProgram(entryPath: string): Promise<string> {
  const entry = resolve(repositoryRoot, entryPath)
  const known = builds.get(entry)
  if (known !== undefined) return known
  const build = bundle(entry, builds.size)
  builds.set(entry, build)
  return build
}

/** Of the one module that names files of this installation: where they are is told from its source. */
const sourcePaths = {
  name: 'source-paths',
  transform: (code: string, id: string) => id.endsWith('/src/lib/host/programs.ts') ? code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)) : undefined,
}

async function bundle(entry: string, number: number): Promise<string> {
  const folder = join(sharedFolder(), String(number))
  const build = await rolldown({
    input: entry,
    platform: 'node',
    external: (id, importer) => !id.startsWith('.') && !id.startsWith('/') && id !== 'execa' && (id.startsWith('node:') || importer?.includes('/node_modules/') !== true),
    logLevel: 'silent',
    plugins: [sourcePaths],
  })
  try {
    const name = basename(entry, '.ts')
    await build.write({dir: folder, format: 'esm', entryFileNames: `${name}.mjs`, chunkFileNames: '[name]-[hash].mjs', sourcemap: 'inline'})
    return join(folder, `${name}.mjs`)
  } finally {
    await build.close()
  }
}

function sharedFolder(): string {
  if (outputFolder !== undefined) return outputFolder
  const created = mkdtempSync(join(tmpdir(), 'corral-built-'))
  symlinkSync(join(repositoryRoot, 'node_modules'), join(created, 'node_modules'))
  outputFolder = created
  return created
}
