// Our surface beside Proxmox VE's published one: every option that a command of ours lacks stands in docs/surface-todo.json with its reason,
// and nothing else does. An option that is built leaves the list; one that is taken away would have to enter it, which a reviewer sees.
import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {surface} from '../../../src/lib/cli/generated-files.ts'

type Reference = Record<string, Record<string, {aliasOf?: string | null; args?: {name: string}[]; options?: Record<string, unknown>}>>
type Todo = Record<string, Record<string, string>>

const root = path.resolve(import.meta.dirname, '../../..')
const referenceFile = path.resolve(root, '../shared/pve-surface/commands.json')
const todo = JSON.parse(readFileSync(path.join(root, 'docs/surface-todo.json'), 'utf8')) as Todo
const ours = await surface()

describe.skipIf(!existsSync(referenceFile))('beside the reference (skipped when ../shared is not there)', () => {
  const reference = (existsSync(referenceFile) ? JSON.parse(readFileSync(referenceFile, 'utf8')) : {}) as Reference

  test('docs/surface-todo.json names exactly the missing options', () => {
    expect(Object.fromEntries(Object.entries(todo).map(([id, reasons]) => [id, Object.keys(reasons).toSorted()]))).toEqual(missingOptions(reference))
  })

  test('arguments stand where they stand there', () => {
    const moved = ownCommands(reference).flatMap(({id, words, tool, want}) => (want.args ?? []).flatMap((argument, index) =>
      (ours[tool]?.[words]?.args[index]?.name === argument.name ? [] : [`${id} <${argument.name}>`])))
    expect(moved).toEqual([])
  })

  test('no command of ours is unknown there, apart from those of corral', () => {
    const unknown = Object.entries(ours).filter(([tool]) => tool !== 'corral').flatMap(([tool, commands]) => Object.keys(commands).filter((words) => reference[tool]?.[words] === undefined).map((words) => `${tool} ${words}`))
    expect(unknown).toEqual([])
  })
})

test('every entry has a reason', () => {
  for (const [id, reasons] of Object.entries(todo)) {
    for (const [option, reason] of Object.entries(reasons)) expect(reason, `${id} ${option}`).toMatch(/^[A-Z].{10,}\.$/)
  }
})

function ownCommands(reference: Reference) {
  return Object.entries(reference).flatMap(([tool, commands]) => Object.entries(commands)
    .filter(([words, want]) => ours[tool]?.[words] !== undefined && (want.aliasOf ?? null) === null)
    .map(([words, want]) => ({id: `${tool} ${words}`.trim(), tool, words, want})))
}

function missingOptions(reference: Reference): Record<string, string[]> {
  return Object.fromEntries(ownCommands(reference).flatMap(({id, tool, words, want}) => {
    const have = ours[tool]?.[words]?.options ?? {}
    const missing = Object.keys(want.options ?? {}).filter((name) => !(name in have)).map((name) => `--${name}`).toSorted()
    return missing.length === 0 ? [] : [[id, missing]]
  }))
}
