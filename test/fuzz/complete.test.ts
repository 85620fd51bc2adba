// No reader or writer of a text may be without its fuzzing: what is exported under the name of one must stand in formats.ts, or in
// its list of exceptions with a reason.
import {readFileSync, readdirSync} from 'node:fs'
import {join, resolve} from 'node:path'
import ts from 'typescript'
import {expect, it} from 'vitest'
import {exceptions, formats} from './formats.ts'

const sources = resolve(import.meta.dirname, '../../src/lib')
const looksLikeOne = /^(?:parse|format|encode|decode|read|split|escape|unescape)[A-Z]/
/** A writer may take anything; a reader takes a text or bytes. */
const writes = /^(?:format|encode)[A-Z]/
const textTypes = new Set(['string', 'string | undefined', 'Buffer', 'unknown'])

function exportedParsers(): string[] {
  return readdirSync(sources, {recursive: true}).map(String).filter((name) => name.endsWith('.ts')).flatMap((name) => {
    const file = ts.createSourceFile(name, readFileSync(join(sources, name), 'utf8'), ts.ScriptTarget.Latest)
    return file.statements.flatMap((statement) => {
      if (!ts.isFunctionDeclaration(statement) || statement.name === undefined) return []
      if (!(statement.modifiers ?? []).some(({kind}) => kind === ts.SyntaxKind.ExportKeyword)) return []
      const types = statement.parameters.slice(0, 2).map(({type}) => type?.getText(file) ?? '')
      const takesText = types.some((type) => textTypes.has(type)) && !types.some((type) => /Host|Store|Files|Context\b|Surroundings/.test(type))
      return looksLikeOne.test(statement.name.text) && (takesText || writes.test(statement.name.text)) ? [`${name} ${statement.name.text}`] : []
    })
  })
}

it('every reader and writer of a text is fuzzed, or has a reason not to be', () => {
  const tried = new Set(Object.values(formats).flatMap(({of}) => of))
  const found = exportedParsers()
  expect(found.length).toBeGreaterThan(60)
  expect(found.filter((name) => !tried.has(name) && !Object.hasOwn(exceptions, name))).toEqual([])
  expect(Object.keys(exceptions).filter((name) => !found.includes(name) || tried.has(name)), 'exceptions that are none').toEqual([])
})
