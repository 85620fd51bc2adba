// What a command reads beside its words: passwords from a prompt or a pipe, data from standard input.
import {PassThrough} from 'node:stream'
import {describe, expect, test} from 'vitest'
import {CancelledError} from '../../../src/lib/base/index.ts'
import {withInputValues} from '../../../src/lib/cli/input-values.ts'
import {readStream} from '../../../src/lib/cli/standard-input.ts'
import type {StandardInput} from '../../../src/lib/cli/standard-input.ts'
import type {Surroundings} from '../../../src/lib/cli/surroundings.ts'
import {defineCommand, readCommandLine} from '../../../src/lib/spec/index.ts'

const spec = defineCommand({
  id: 'demo passwd', summary: 'Set.', args: ['name'], returns: {type: 'null'}, output: {as: 'none'}, kind: 'change', runsOn: 'node', needs: 'anyone', examples: [],
  params: {
    name: {type: 'string'},
    password: {type: 'string', optional: true, secret: true, fromInput: {as: 'secret', prompt: 'New password'}},
  },
})
const pass = defineCommand({
  ...spec, params: {
    name: {type: 'string'}, 'pass-stdin': {type: 'boolean', optional: true},
    data: {type: 'string', optional: true, fromInput: {as: 'data', whenFlag: 'pass-stdin', maxBytes: 8}},
  },
})

/** Standard input that is a terminal on which these answers are typed, or holds this text. */
function input(from: readonly (string | undefined)[] | string): StandardInput & {questions: string[]} {
  const questions: string[] = []
  const answers = typeof from === 'string' ? [] : [...from]
  return {
    isTerminal: typeof from !== 'string', questions,
    askSecret: async (question) => { questions.push(question); return answers.shift() },
    read: async () => Buffer.from(typeof from === 'string' ? from : ''),
  }
}

const around = (from: StandardInput) => ({input: from, signal: new AbortController().signal}) as unknown as Surroundings
const read = (from: readonly (string | undefined)[] | string, which: typeof spec | typeof pass = spec, params = {}) => withInputValues(which, {name: 'root', ...params}, around(input(from)))

describe('a secret', () => {
  test('is no option', () => {
    expect(() => readCommandLine(spec, ['root', '--password', 'hunter2'])).toThrow("there is no option '--password'")
  })

  test('is asked for twice on a terminal', async () => {
    const from = input(['hunter2', 'hunter2'])
    expect(await withInputValues(spec, {name: 'root'}, around(from))).toEqual({name: 'root', password: 'hunter2'})
    expect(from.questions).toEqual(['New password: ', 'New password, once more: '])
  })

  test.each([[['hunter2', 'hunter3'], 'the two are not the same'], [['', ''], 'nothing was typed']])('typed as %j is refused', async (answers, message) => {
    await expect(read(answers)).rejects.toThrow(message)
  })

  test('is not asked for again when the user gives up', async () => {
    await expect(read([undefined])).rejects.toThrow(CancelledError)
  })

  test.each([['hunter2\n', 'hunter2'], ['hunter2', 'hunter2'], ['two words \r\nand more\n', 'two words ']])('is the first line of %j', async (text, password) => {
    expect(await read(text)).toEqual({name: 'root', password})
  })

  test.each([['', 'no line to be taken as the new password'], ['\nhunter2\n', 'no line'], ['x'.repeat(5000), 'too long']])('is not in %j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message)
  })
})

describe('data', () => {
  test('is read when it is asked for, and only then', async () => {
    expect(await read('\u0000ä', pass)).toEqual({name: 'root'})
    expect(await read('\u0000ä', pass, {'pass-stdin': false})).toEqual({name: 'root', 'pass-stdin': false})
    expect(await read('\u0000ä', pass, {'pass-stdin': true})).toEqual({name: 'root', 'pass-stdin': true, data: 'AMOk'})
    expect(await read('', pass, {'pass-stdin': true})).toMatchObject({data: ''})
  })

  test('has a bound', async () => {
    await expect(read('123456789', pass, {'pass-stdin': true})).rejects.toThrow('standard input is too long')
  })
})

describe('a stream', () => {
  test('is read to its end, to the mark, or to the bound', async () => {
    const {signal} = new AbortController()
    const whole = new PassThrough()
    whole.end('abc')
    expect(String(await readStream(whole, 10, signal))).toBe('abc')
    const marked = new PassThrough()
    marked.write('line\n')
    expect(String(await readStream(marked, 10, signal, '\n'))).toBe('line\n')
    const endless = new PassThrough()
    endless.write('x'.repeat(100))
    expect((await readStream(endless, 10, signal)).length).toBeGreaterThanOrEqual(10)
  })

  test('that does not end is given up when the caller is interrupted', async () => {
    const stop = new AbortController()
    const reading = readStream(new PassThrough(), 10, stop.signal)
    stop.abort()
    await expect(reading).rejects.toThrow(CancelledError)
  })
})
