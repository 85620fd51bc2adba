// Runs the external cases that lie beside a checkout (../shared/conformance), and keeps their score from falling.
import fs from 'node:fs'
import {fileURLToPath} from 'node:url'
import {describe, expect, it} from 'vitest'
import {adapterOf} from './adapters.ts'
import {floors} from './floors.ts'
import {runSuiteFile} from './run-suite.ts'

const folder = fileURLToPath(new URL('../../../shared/conformance/', import.meta.url))
const isThere = fs.existsSync(folder)
if (!isThere) console.log('conformance: skipped, because ../shared/conformance does not lie beside this checkout')

describe.skipIf(!isThere)('conformance', () => {
  for (const [suite, floor] of Object.entries(floors)) {
    it(`${suite}: at least ${floor} cases pass`, async () => {
      const result = await runSuiteFile(`${folder}${suite}.json`, adapterOf)
      const others = result.cases.filter(({outcome}) => outcome !== 'passed').map(({id, outcome, differences}) => `${outcome} ${id}: ${differences.join('; ')}`)
      expect(result.passed, others.join('\n')).toBeGreaterThanOrEqual(floor)
    })
  }

  it('counts every case of a suite without adapter as unsupported', async () => {
    const file = `${folder}calendar.json`
    const result = await runSuiteFile(file, async () => undefined)
    expect(result).toMatchObject({suite: 'calendar', passed: 0, failed: 0, unsupported: result.cases.length})
    expect(result.cases.length).toBeGreaterThan(0)
  })
})
