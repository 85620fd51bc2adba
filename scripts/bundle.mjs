// Bundles the programs that users start (the launcher's main, the worker of tasks, qmeventd) into dist/run: a command then loads a few files
// instead of more than a hundred small ones, which takes as long again as Node's own start. Each program is one file; what it imports
// lazily is still only run when it is asked for. npm packages stay outside, but for execa: its hundred small files take four times as long to
// load as one does, and every command that runs a program waits for them. It gets a file of its own beside the programs.
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {rolldown} from 'rolldown'

/** Where each program starts, below dist; the name of its file in dist/run. */
const programs = {main: 'lib/cli/main.js', worker: 'lib/cli/worker-main.js', qmeventd: 'lib/guest/qemu/qmeventd/main.js'}

/** @param dist the folder of the compiled program */
export async function bundlePrograms(dist) {
  const entries = new Map(Object.entries(programs).map(([name, file]) => [path.join(dist, file), name]))
  const folder = path.join(dist, 'run')
  fs.mkdirSync(folder, {recursive: true})
  await bundleExeca(folder)
  await Promise.all([...entries].filter(([file]) => fs.existsSync(file)).map(([file, name]) => bundle(file, path.join(folder, `${name}.js`), keepPlaces(dist, entries))))
}

/** One file for one program: a program that runs while another build is made has all of itself already. */
async function bundle(input, output, plugin) {
  await write(output, {input, external: (id) => id !== 'execa' && !id.startsWith('.') && !path.isAbsolute(id), plugins: [execaBeside, plugin]})
}

async function bundleExeca(folder) {
  const output = path.join(folder, 'execa.js')
  const input = fileURLToPath(import.meta.resolve('execa'))
  // Packages of other versions have other folders or change this file, so an older bundle is of no use.
  if (fs.existsSync(output) && fs.statSync(output).mtimeMs > fs.statSync(path.join(path.dirname(input), 'package.json')).ctimeMs) return
  await write(output, {input})
}

const execaBeside = {
  name: 'execa-beside',
  resolveId: (id) => (id === 'execa' ? {id: './execa.js', external: true} : null),
}

async function write(output, options) {
  const build = await rolldown({platform: 'node', logLevel: 'warn', ...options})
  try {
    const {output: [chunk]} = await build.generate({format: 'esm', codeSplitting: false, comments: false})
    // Whole or not at all: a program that starts meanwhile must not load half a file.
    fs.writeFileSync(`${output}.${process.pid}`, chunk.code)
    fs.renameSync(`${output}.${process.pid}`, output)
  } finally {
    await build.close()
  }
}

/** Lets a module that looks for files beside itself find them from where the bundle lies; programs find the bundled programs. */
function keepPlaces(dist, entries) {
  return {
    name: 'keep-places',
    transform(code, file) {
      if (!code.includes('import.meta.url')) return null
      const withPrograms = code.replace(/new URL\('(\.[^']+)', import\.meta\.url\)/g, (whole, target) => {
        const name = entries.get(path.resolve(path.dirname(file), target))
        return name === undefined ? whole : `new URL('./${name}.js', import.meta["url"])`
      })
      const place = path.posix.join('..', path.relative(dist, file))
      return withPrograms.replaceAll('import.meta.url', `new URL('${place}', import.meta["url"]).href`)
    },
  }
}
