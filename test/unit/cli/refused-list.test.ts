// What is refused by name may only become less, and the page on Proxmox VE names every key.
import {existsSync, readFileSync} from 'node:fs'
import {resolve} from 'node:path'
import {describe, expect, it} from 'vitest'
import {refusedBefore, refusedNow} from '../../../src/lib/cli/refused-list.ts'

const root = resolve(import.meta.dirname, '../../..')

it.each(['keys', 'options'] as const)('no more %s are refused than docs/refused.json says', (what) => {
  const recorded = refusedBefore()?.[what] ?? []
  expect(refusedNow()[what].filter((name) => !recorded.includes(name)), 'the list may only shrink').toEqual([])
})

const reference = resolve(root, '../shared/pve-surface/config.json')
describe.skipIf(!existsSync(reference))('docs/proxmox-ve.md (beside the reference; skipped when ../shared is not there)', () => {
  it('names every key of qm.conf', () => {
    const {options} = (JSON.parse(readFileSync(reference, 'utf8')) as Record<string, {options: object}>)['qm.conf'] ?? {options: {}}
    const page = readFileSync(resolve(root, 'docs/proxmox-ve.md'), 'utf8')
    expect(Object.keys(options).length).toBeGreaterThan(60)
    expect(Object.keys(options).filter((key) => !page.includes(`\n| \`${key}\` |`))).toEqual([])
  })
})
