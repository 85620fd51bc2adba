// The conformance runner on files of our own: outcomes, files that are none, the command line.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {Refusal, Unsupported, attempt, compareData, type Adapter} from '../conformance/adapter.ts'
import {main} from '../conformance/main.ts'
import {runSuiteFile} from '../conformance/run-suite.ts'
import {InvalidInputError} from '../../src/lib/base/index.ts'

let folder = ''
beforeAll(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'corral-conformance-')) })
afterAll(() => { fs.rmSync(folder, {recursive: true}) })

function suiteFile(name: string, content: unknown): string {
  const file = path.join(folder, name)
  fs.writeFileSync(file, JSON.stringify(content))
  return file
}

async function run(...words: string[]): Promise<{code: number; out: string; err: string}> {
  let out = ''
  let err = ''
  const code = await main(words, {out: text => { out += text }, err: text => { err += text }})
  return {code, out, err}
}

describe('runSuiteFile', () => {
  const adapter: Adapter = {
    answer(input) {
      if (input['lacks'] === true) throw new Unsupported('no such operation')
      if (input['breaks'] === true) throw new TypeError('a bug')
      return {sum: Number(input['a']) + Number(input['b'])}
    },
    differences: (answer, expected) => compareData(answer, expected),
  }

  it('counts what passed, failed, broke and is not supported', async () => {
    const file = suiteFile('sums.json', {suite: 'sums', cases: [
      {id: 'right', input: {a: 1, b: 2}, expect: {sum: 3}},
      {id: 'wrong', input: {a: 1, b: 2}, expect: {sum: 4}},
      {id: 'broken', input: {breaks: true}, expect: {sum: 4}},
      {id: 'lacking', input: {lacks: true}, expect: {sum: 4}},
    ]})
    const result = await runSuiteFile(file, async () => adapter)
    expect(result).toMatchObject({passed: 1, failed: 2, unsupported: 1})
    expect(result.cases.map(({outcome}) => outcome)).toEqual(['passed', 'failed', 'failed', 'unsupported'])
    expect(result.cases[1]?.differences).toEqual(['sum: is 3, expected 4'])
    expect(result.cases[2]?.differences[0]).toContain('a bug')
  })

  it('refuses a file of another shape', async () => {
    await expect(runSuiteFile(suiteFile('other.json', {cases: 1}), async () => adapter)).rejects.toThrow("needs 'suite' and 'cases'")
    await expect(runSuiteFile(suiteFile('bare.json', {suite: 'x', cases: [{id: 'a'}]}), async () => adapter)).rejects.toThrow("case 1 has no 'expect'")
  })
})

describe('the command line of the runner', () => {
  it('prints one line a suite, also for a suite that nobody knows', async () => {
    const known = suiteFile('known.json', {suite: 'formats', cases: [{id: 'x', input: {do: 'configid', text: 'aa'}, expect: {valid: true}}]})
    const unknown = suiteFile('unknown.json', {suite: '../../etc', cases: [{id: 'y', input: {}, expect: {}}]})
    expect(await run(known, unknown)).toEqual({code: 0, err: '', out: 'formats: 1 passed, 0 failed, 0 unsupported\n../../etc: 0 passed, 0 failed, 1 unsupported\n'})
  })

  it('shows ids and differences with --verbose, all of it with --json', async () => {
    const file = suiteFile('one.json', {suite: 'formats', cases: [{id: 'formats/x', input: {do: 'configid', text: 'a'}, expect: {valid: true}}]})
    expect((await run(file, '--verbose')).out).toContain('failed      formats/x\n    valid: is false, expected true\n')
    expect(JSON.parse((await run('--json', file)).out)).toMatchObject([{suite: 'formats', failed: 1, cases: [{id: 'formats/x', outcome: 'failed'}]}])
  })

  it('says what is wrong with the call, and goes on after a file that cannot be read', async () => {
    expect((await run()).code).toBe(2)
    expect(await run('--verbos', 'x')).toMatchObject({code: 2, err: expect.stringContaining("no option '--verbos'") as string})
    const file = suiteFile('empty.json', {suite: 'formats', cases: []})
    expect(await run(path.join(folder, 'none.json'), file)).toMatchObject({code: 1, out: 'formats: 0 passed, 0 failed, 0 unsupported\n'})
  })
})

describe('answers', () => {
  it('keeps a refusal apart from a bug', () => {
    expect(attempt(() => { throw new InvalidInputError('no', {a: 'wrong'}) })).toEqual(new Refusal(new InvalidInputError('no', {a: 'wrong'})))
    expect(() => attempt(() => { throw new TypeError('bug') })).toThrow('bug')
  })

  it('compares as the suites do', () => {
    expect(compareData({a: true, b: '5', c: null}, {b: 5, a: 1})).toEqual([])
    expect(compareData({a: [1, 2]}, {a: [2, 1]})).toEqual(['a[0]: is 1, expected 2', 'a[1]: is 2, expected 1'])
    expect(compareData({a: 1}, {})).toEqual(['a: is 1, expected nothing'])
    expect(compareData([1], {})).toHaveLength(1)
  })
})
