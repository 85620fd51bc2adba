import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../src/lib/base/index.ts'
import {convertSize, formatSize, parseSize, wholeBlocks} from '../../../src/lib/spec/index.ts'
import {randomSource, scaledCount} from '../../support/rounds.ts'

describe('sizes of disks', () => {
  it.each([['32G', 32 * 2 ** 30], ['528K', 540_672], ['1024', 1024], ['4.5M', 4_718_592], ['0', 0], ['1T', 2 ** 40], ['0.3K', 307]])('%s', (text, bytes) => expect(parseSize(text)).toBe(bytes))

  it.each(['', 'G', '-1G', '1e3', '0x10', '1_000', '32g', '32GB', '32 G', '1.G', '.5G', '8192T', '99999999T', '1'.repeat(30), 'NaN', '9'.repeat(100_000)])(
    'refuses %.20s', text => expect(() => parseSize(text)).toThrow(InvalidInputError))

  it.each([[0, '0'], [1, '1'], [1024, '1K'], [1536, '1536'], [32 * 2 ** 30, '32G'], [2 ** 50, '1024T'], [4_718_592, '4608K']])('writes %d', (bytes, text) => expect(formatSize(bytes)).toBe(text))

  it.each([[0, 0], [1, 4096], [4096, 4096], [4097, 8192], [104_857_600, 104_857_600], [2 ** 52 + 1, 2 ** 52 + 4096]])('%d bytes are %d in whole blocks', (bytes, blocks) => expect(wholeBlocks(bytes)).toBe(blocks))

  it('read as they were written', () => {
    const random = randomSource('sizes')
    for (let round = 0; round < scaledCount(300); round++) {
      const bytes = random.between(0, 2 ** 20) * 1024 ** random.between(0, 3)
      expect(parseSize(formatSize(bytes))).toBe(bytes)
    }
  })
})

describe('convertSize', () => {
  it('rounds as it is asked to', () => {
    expect(convertSize(1, 'gb', 'kb')).toBe(1_048_576)
    expect(convertSize('1.5', 'gb', 'kb')).toBe(1_572_864)
    expect(convertSize(1, 'kb', 'mb')).toBe(1)
    expect(convertSize(1, 'kb', 'mb', 'floor')).toBe(0)
    expect(convertSize(1, 'kb', 'mb', 'none')).toBe(1 / 1024)
  })

  it.each([['', 'b', 'kb'], [null, 'b', 'kb'], ['-1', 'b', 'kb'], ['1.1.', 'b', 'kb'], ['1e3', 'b', 'kb'], [NaN, 'b', 'kb'], [1, 'b', 'yb'], [1, '', 'kb'], [1, 'constructor', 'kb']])(
    'refuses %j %s %s', (value, from, to) => expect(() => convertSize(value, from, to)).toThrow(InvalidInputError))
})
