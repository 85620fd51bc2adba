import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../src/lib/base/index.ts'
import {parseKernelVersion} from '../../../src/lib/spec/kernel-version.ts'
import {shellJoin, shellQuote, shellSplit} from '../../../src/lib/spec/shell-words.ts'
import {randomText} from '../../support/hostile-text.ts'
import {randomSource, scaledCount} from '../../support/rounds.ts'

describe('words of a shell', () => {
  it.each([['', "''"], ['abc', 'abc'], ['a b', "'a b'"], ['a$b', "'a$b'"], ["it's", "'it'\\''s'"], ["'a", "\\''a'"], ["a'", "'a'\\'"], ["'", "\\'"], ['a=b', "'a=b'"], ['-x,y:/z@1', '-x,y:/z@1'], ['ä', "'ä'"], ['a\nb', "'a\nb'"]])(
    'quotes %j', (word, quoted) => {
      expect(shellQuote(word)).toBe(quoted)
      expect(shellSplit(quoted)).toEqual([word])
    })

  it.each([['a b', ['a', 'b']], ['  a\t\nb ', ['a', 'b']], ['', []], ['"a b"c\'d e\'', ['a bcd e']], ['""', ['']], ['a\\ b', ['a b']], ['"a\\"b"', ['a"b']], ["'a\\b'", ['a\\b']], ['$x|y;z', ['$x|y;z']]])(
    'splits %j', (line, words) => expect(shellSplit(line)).toEqual(words))

  it.each(['"a', "'a", 'a\\', '"a\\'])('refuses %j', line => expect(() => shellSplit(line)).toThrow(InvalidInputError))

  it('refuses NUL and lines without end', () => {
    expect(() => shellQuote('a\0')).toThrow('NUL')
    expect(() => shellSplit('a'.repeat(2 ** 20 + 1))).toThrow('at most')
  })

  it('are split as they were joined', () => {
    const random = randomSource('shell words')
    for (let round = 0; round < scaledCount(300); round++) {
      const words = Array.from({length: random.between(0, 5)}, () => randomText(random, 12).replaceAll('\0', ''))
      expect(shellSplit(shellJoin(words))).toEqual(words)
    }
  })
})

describe('parseKernelVersion', () => {
  it.each([
    ['Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) #1 SMP', [6, 1, 0, '18-amd64', '6.1.0-18-amd64']],
    ['Linux version 6.12', [6, 12, 0, '', '6.12']],
    ['Linux version 6.2.0-rc3+ x', [6, 2, 0, 'rc3+', '6.2.0-rc3+']],
    ['Linux version 4.19.0.1-x', [4, 19, 0, 'x', '4.19.0.1-x']],
    ['FreeBSD 14', [0, 0, 0, '', '']],
    ['', [0, 0, 0, '', '']],
  ])('%s', (text, parts) => {
    const {major, minor, patch, rest, full} = parseKernelVersion(text)
    expect([major, minor, patch, rest, full]).toEqual(parts)
  })
})
