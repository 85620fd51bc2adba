// The pages of docs/ can be found, and their links lead somewhere.
import {existsSync, readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const files = readdirSync(path.join(root, 'docs'), {recursive: true, withFileTypes: true})
  .filter((entry) => entry.isFile()).map((entry) => path.relative(root, path.join(entry.parentPath, entry.name))).toSorted()

/** The files that a page links to, relative to the project. */
function linksIn(page: string): string[] {
  const text = readFileSync(path.join(root, page), 'utf8')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '').filter((link) => !/^(?:[a-z]+:|#)/.test(link))
    .map((link) => path.join(path.dirname(page), link.replace(/#.*$/, '')))
}

test('docs/README.md names every page', () => {
  const linked = new Set(linksIn('docs/README.md'))
  expect(files.filter((file) => file !== 'docs/README.md' && !linked.has(file) && !linked.has(path.dirname(file)))).toEqual([])
})

test.each(['README.md', ...files.filter((file) => file.endsWith('.md'))])('the links of %s lead somewhere', (page) => {
  expect(linksIn(page).filter((link) => !existsSync(path.join(root, link)))).toEqual([])
})
