// Makes the table of docs/storage.md from what the last runs of the storage contract wrote: type by operation by place. A type that has not been run
// anew keeps its last row, in docs/storage-contract.json. Usage: npm run storage-table [-- <folder with results>]
import {readFileSync, readdirSync, writeFileSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const folder = resolve(process.argv[2] ?? join(root, 'dist/storage-contract'))
const kept = join(root, 'docs/storage-contract.json')
const page = join(root, 'docs/storage.md')
const [begin, end] = ['<!-- storage-table: made by npm run storage-table -->', '<!-- storage-table ends -->']
const signs = {ok: '✓', failed: '✗', no: '–', untried: ' '}

const results = new Map(readJson(kept, []).map((result) => [keyOf(result), result]))
for (const name of namesIn(folder)) {
  const result = readJson(join(folder, name))
  results.set(keyOf(result), result)
}
const rows = [...results.values()].sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1)
writeFileSync(kept, `${JSON.stringify(rows, undefined, 2)}\n`)

const operations = [...new Set(rows.flatMap((row) => Object.keys(row.operations)))]
const table = [
  `| type | where | ${operations.join(' | ')} |`,
  `| --- | --- |${' :-: |'.repeat(operations.length)}`,
  ...rows.map((row) => `| \`${row.type}\` | ${row.where} | ${operations.map((operation) => signs[row.operations[operation]] ?? '?').join(' | ')} |`),
].join('\n')
const text = readFileSync(page, 'utf8')
const [from, to] = [text.indexOf(begin), text.indexOf(end)]
if (from < 0 || to < from) throw new Error(`${page} has no place for the table`)
writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`)
process.stdout.write(`docs/storage.md: ${rows.length} rows\n`)

function keyOf({type, where}) {
  return `${type} ${where}`
}

function namesIn(path) {
  try {
    return readdirSync(path).filter((name) => name.endsWith('.json')).sort()
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}

function readJson(path, otherwise) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (otherwise !== undefined && error.code === 'ENOENT') return otherwise
    throw error
  }
}
