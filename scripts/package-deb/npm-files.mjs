// Which files of npm packages an installed Corral needs: those that the packages which the bundles leave outside load, found by following their
// imports, and nothing else (no sources of bindings, types, tests). Their native parts are named here.
import fs from 'node:fs'
import path from 'node:path'
import {builtinModules} from 'node:module'
import {rolldown} from 'rolldown'
import {isOutside} from '../bundle.mjs'

/** What programs of dist/run load by name, as they write it. oclif is not among them: an installed package has no plugins. */
const loadedByName = ['@noble/ciphers/_poly1305.js', 'ajv/dist/2020.js', 'ajv/dist/runtime/ucs2length.js', 'chalk', 'sqlite3', 'ssh2', 'yaml']
const leftOut = new Set(['@oclif/core'])

/**
 * @param root the source tree, its bundles built
 * @returns {Promise<{copied: string[], bundled: string[]}>} paths below node_modules of the files to copy, and the packages that are in the bundles
 * @throws Error when a bundle loads a package that is not named above
 */
export async function npmFiles(root) {
  checkBundles(path.join(root, 'dist/run'))
  const entry = 'corral:everything'
  const build = await rolldown({
    input: entry, cwd: root, platform: 'node', logLevel: 'silent', treeshake: false,
    external: (id) => id.endsWith('.node') || id === 'cpu-features' || builtinModules.includes(id.replace(/^node:/, '')),
    plugins: [{
      name: 'everything',
      resolveId: (id) => (id === entry ? {id} : null),
      load: (id) => (id === entry ? loadedByName.map((name) => `import ${JSON.stringify(name)}`).join('\n') : null),
    }],
  })
  const files = await modulesOf(build)
  const packages = new Set(files.map(packageOf))
  return {copied: [...files, ...[...packages].map((name) => `${name}/package.json`)].toSorted(), bundled: await bundledPackages(root)}
}

/** The packages within the bundles themselves. */
async function bundledPackages(root) {
  const build = await rolldown({input: path.join(root, 'dist/lib/cli/main.js'), platform: 'node', logLevel: 'silent', external: isOutside})
  return [...new Set((await modulesOf(build)).map(packageOf))].toSorted()
}

async function modulesOf(build) {
  try {
    const {output} = await build.generate({format: 'esm', dir: 'unused'})
    return output.flatMap((chunk) => chunk.moduleIds ?? []).flatMap((id) => {
      const at = id.indexOf('/node_modules/')
      return at < 0 || id.startsWith('\0') ? [] : [id.slice(at + '/node_modules/'.length)]
    })
  } finally {
    await build.close()
  }
}

function packageOf(file) {
  const nested = file.lastIndexOf('/node_modules/')
  const start = nested < 0 ? 0 : nested + '/node_modules/'.length
  const [first, second] = file.slice(start).split('/')
  return file.slice(0, start) + (first.startsWith('@') ? `${first}/${second}` : first)
}

function checkBundles(folder) {
  for (const name of fs.readdirSync(folder).filter((file) => /\.(?:js|cjs)$/.test(file))) {
    const text = fs.readFileSync(path.join(folder, name), 'utf8')
    for (const [, id] of text.matchAll(/(?:^import .*? from |\b(?:require|__import|import)\()"([^".][^"]*)"/gm)) {
      if (builtinModules.includes(id.replace(/^node:/, '')) || loadedByName.includes(id) || leftOut.has(id)) continue
      throw new Error(`dist/run/${name} loads '${id}', which scripts/package-deb/npm-files.mjs does not know`)
    }
  }
}
