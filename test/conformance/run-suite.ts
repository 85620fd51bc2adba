// Puts every case of a suite file to its adapter. The shape of a file: {suite, ask, env, cases: [{id, name?, tags, input, expect}]}.
import fs from 'node:fs'
import {Unsupported, isRecord, type Adapter, type Data} from './adapter.ts'

export type Outcome = 'passed' | 'failed' | 'unsupported'

export interface CaseResult {
  readonly id: string
  readonly outcome: Outcome
  /** What differs, or why it is not supported. */
  readonly differences: readonly string[]
}

export interface SuiteResult {
  readonly suite: string
  readonly file: string
  readonly passed: number
  readonly failed: number
  readonly unsupported: number
  readonly cases: readonly CaseResult[]
}

interface Case { readonly id: string; readonly input: Data; readonly expect: Data }

/**
 * @param adapterOf finds the adapter of a suite by its name; all cases of a suite without one count as unsupported
 * @throws Error when the file cannot be read or has another shape
 */
export async function runSuiteFile(file: string, adapterOf: (suite: string) => Promise<Adapter | undefined>): Promise<SuiteResult> {
  const {suite, env, cases} = readSuite(file)
  const adapter = await adapterOf(suite)
  const results: CaseResult[] = []
  for (const {id, input, expect} of cases) {
    results.push({id, ...await runCase(adapter, suite, {input, expect}, env)})
  }
  const count = (outcome: Outcome) => results.filter(result => result.outcome === outcome).length
  return {suite, file, passed: count('passed'), failed: count('failed'), unsupported: count('unsupported'), cases: results}
}

function readSuite(file: string): {suite: string; env: Data; cases: readonly Case[]} {
  const data: unknown = JSON.parse(fs.readFileSync(file, 'utf8'))
  if (!isRecord(data) || typeof data['suite'] !== 'string' || !Array.isArray(data['cases'])) {
    throw new Error(`${file} is not a file of cases: it needs 'suite' and 'cases'`)
  }
  const cases = data['cases'].map((entry: unknown, index): Case => {
    if (!isRecord(entry) || !isRecord(entry['expect'])) throw new Error(`${file}: case ${index + 1} has no 'expect'`)
    return {id: typeof entry['id'] === 'string' ? entry['id'] : `case ${index + 1}`, input: isRecord(entry['input']) ? entry['input'] : {}, expect: entry['expect']}
  })
  return {suite: data['suite'], env: isRecord(data['env']) ? data['env'] : {}, cases}
}

async function runCase(
  adapter: Adapter | undefined, suite: string, {input, expect}: Omit<Case, 'id'>, env: Data,
): Promise<{outcome: Outcome; differences: readonly string[]}> {
  if (adapter === undefined) return {outcome: 'unsupported', differences: [`there is no adapter for suite '${suite}'`]}
  try {
    const answer = await adapter.answer(input, env)
    const differences = adapter.differences(answer, expect, input, env)
    return {outcome: differences.length === 0 ? 'passed' : 'failed', differences}
  } catch (error) {
    if (error instanceof Unsupported) return {outcome: 'unsupported', differences: [error.message]}
    return {outcome: 'failed', differences: [`the product failed: ${error instanceof Error ? error.stack ?? error.message : String(error)}`]}
  }
}
