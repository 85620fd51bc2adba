import {Ajv2020} from 'ajv/dist/2020.js'
import {describe, expect, test} from 'vitest'
import {ConflictError, InvalidInputError, ToolError, UnavailableError, errorKinds} from '../../../src/lib/base/index.ts'
import {exitCodeMeanings, exitCodes} from '../../../src/lib/cli/exit-codes.ts'
import {wantsJsonErrors} from '../../../src/lib/cli/error-format.ts'
import {errorSchema, errorText} from '../../../src/lib/cli/print-error.ts'

const deep = new ConflictError('guest 100 could not be started', {
  cause: new UnavailableError('the lock is held', {cause: new UnavailableError('the lock is held'), nextSteps: ['Wait.']}),
})

describe('as text', () => {
  test('cause by cause, each sentence once, then the next steps of the outermost that has some', () => {
    expect(errorText(deep, false)).toBe('Error: guest 100 could not be started\n  the lock is held\nNext: Wait.\n')
  })

  test('several next steps stand below each other', () => {
    expect(errorText(new ConflictError('no', {nextSteps: ['a', 'b']}), false)).toBe('Error: no\nNext: a\n      b\n')
  })

  test('a bug says that it is one, and shows its place when asked', () => {
    expect(errorText(new TypeError('x is undefined'), false)).toContain('fault in Corral')
    expect(errorText(new TypeError('x is undefined'), false, true)).toContain('print-error.test.ts')
    expect(errorText('thrown text', false)).toContain('thrown text')
    expect(errorText(undefined, false)).toContain('unknown failure')
  })

  test('words of others cannot steer the terminal', () => {
    expect(errorText(new ConflictError('a\u001b[2Jb', {nextSteps: ['\u0007']}), false)).toBe('Error: a\\x1B[2Jb\nNext: \\x07\n')
  })
})

describe('as JSON', () => {
  const valid = new Ajv2020({strict: false}).compile(errorSchema)
  test.each([
    deep, new TypeError('bug'), new InvalidInputError('wrong', {memory: 'must be a number'}),
    new ToolError('qemu-img failed', {host: 'h1', argv: ['qemu-img'], exitCode: 1, stderr: 'no\u001b[0m'}),
  ])('%s follows the schema', (error) => {
    const text = errorText(error, true)
    expect(text.endsWith('}\n')).toBe(true)
    expect(text.trim()).not.toMatch(/[^\x20-\x7e]/)
    const parsed: unknown = JSON.parse(text)
    expect(valid(parsed), JSON.stringify(valid.errors)).toBe(true)
  })

  test('holds the reasons by field and the exit code', () => {
    expect(JSON.parse(errorText(new InvalidInputError('wrong', {memory: 'must be a number'}), true))).toEqual({
      error: {kind: 'invalid-input', exitCode: 2, message: 'wrong', causes: [], nextSteps: [], data: {fields: {memory: 'must be a number'}}},
    })
  })

  test.each([
    [['list', '--output-format', 'json'], true], [['list', '-output-format=json-pretty'], true], [['list', '--output-format', 'text'], false],
    [['exec', '--', '--output-format', 'json'], false], [['list', '--output-format'], false], [['list'], false],
  ])('is chosen by the raw words %j', (words, isJson) => {
    expect(wantsJsonErrors(words)).toBe(isJson)
  })
})

describe('exit codes', () => {
  test('every kind has one, and every one is documented', () => {
    expect(Object.keys(exitCodes).toSorted()).toEqual([...errorKinds].toSorted())
    const documented = exitCodeMeanings.map(({code}) => code)
    for (const code of Object.values(exitCodes)) expect(documented).toContain(code)
    expect(exitCodes).toMatchObject({internal: 1, 'invalid-input': 2, unsupported: 2, 'not-found': 3, forbidden: 4, tool: 5, conflict: 6, unavailable: 7, cancelled: 130})
  })
})
