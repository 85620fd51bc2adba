// Every reader of a text against texts that nobody should give it: it reads or refuses, writes back what it read, takes time in
// proportion to the text, and changes no object that is not its own.
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {AppError} from '../../src/lib/base/index.ts'
import {growthProblem} from '../support/growth.ts'
import {hostileCharacters} from '../support/hostile-text.ts'
import {randomSource, scaledCount} from '../support/rounds.ts'
import {formats, type Format} from './formats.ts'

fc.configureGlobal({seed: randomSource('formats').seed | 0, numRuns: scaledCount(150)})

const hostile = fc.string({unit: fc.constantFrom(...hostileCharacters), maxLength: 60})
const names = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length')

/** Examples with a part cut out and another put in, and texts of nothing but trouble. */
function textsLike(examples: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(hostile, names, fc.constantFrom(...examples))
  const mutated = fc.tuple(fc.constantFrom(...examples), fc.nat(), fc.nat(12), piece)
    .map(([text, at, cut, put]) => text.slice(0, at % (text.length + 1)) + put + text.slice(at % (text.length + 1) + cut))
  return fc.oneof({weight: 6, arbitrary: mutated}, {weight: 2, arbitrary: piece}, {weight: 1, arbitrary: fc.tuple(mutated, mutated).map((texts) => texts.join('\n'))})
}

/** What was read, or nothing when it was refused with an error of the right kind. */
async function readOrRefused({read, kinds = []}: Format, text: string): Promise<{value: unknown} | undefined> {
  try {
    return {value: await read(text)}
  } catch (error) {
    if (error instanceof SyntaxError && kinds.includes('syntax')) return undefined
    if (!(error instanceof AppError)) throw error
    expect(['invalid-input', ...kinds], error.message).toContain(error.kind)
    expect(error.message.length, 'the length of the message').toBeLessThan(4096)
    return undefined
  }
}

async function survives(format: Format, text: string): Promise<void> {
  const first = await readOrRefused(format, text)
  if (first?.value === undefined || format.write === undefined) return
  let written: string
  try {
    written = format.write(first.value as never)
  } catch (error) {
    if (format.writerMayRefuse === true && error instanceof AppError && error.kind === 'invalid-input') return
    throw error
  }
  const again = await format.read(written)
  expect(again).toEqual(first.value)
  expect(format.write(again as never)).toBe(written)
}

/** What parsers stumble over when there is very much of it. */
const units = [
  ' ', '\n', '\t', ',', '=', ':', '/', ';', '"', "'", '\\', '%', '[', '{', '(', '#', '-', '.', '0', 'a', '\u2028', '\u0085', 'é', '@', '|', '!', '*', '${', 'a,', 'a=', '=a,', 'a:', 'a: b\n', 'a b\n', '#\n',
  '[a]\n', ' a\n', 'x/', '../', '\r\n', 'a: a\n\n', '[[', '{"a":', '1.', 'aB', '- ', 'a\n', '&a ', '*a ',
] as const
const ends = ['', 'x', '\u2028', '\n!'] as const

const objects = [Object.prototype, Array.prototype, String.prototype, Function.prototype]
const membersBefore = objects.map((object) => Object.getOwnPropertyNames(object).join())

describe.each(Object.entries(formats))('%s', (_, format) => {
  it('reads its examples, or most of them', async () => {
    const read = await Promise.all(format.examples.map((text) => readOrRefused(format, text)))
    expect(read.some((value) => value !== undefined)).toBe(true)
    for (const text of format.examples) await survives(format, text)
  })

  it('reads or refuses anything, and writes what it read', async () => {
    await fc.assert(fc.asyncProperty(textsLike(format.examples), async (text) => { await survives(format, text) }))
    expect(objects.map((object) => Object.getOwnPropertyNames(object).join())).toEqual(membersBefore)
  })

  it('takes time in proportion to the text', async () => {
    const problems: string[] = []
    const [example = ''] = format.examples
    for (const [number, unit] of [...units, example].entries()) {
      const end = ends[number % ends.length] ?? ''
      for (const head of number % 2 === 0 ? [''] : ['', example]) {
        const problem = await growthProblem((length) => `${head}${unit.repeat(Math.ceil(length / unit.length))}${end}`, format.read, format.longest ?? 64 * 1024)
        if (problem !== undefined) problems.push(`${JSON.stringify(unit.slice(0, 20))} behind ${head.length} characters: ${problem}`)
      }
    }
    expect(problems).toEqual([])
  }, 60_000)
})
