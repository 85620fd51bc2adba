import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../../../src/lib/base/index.ts'
import {splitArguments} from '../../../../../src/lib/guest/qemu/config/index.ts'

describe('args', () => {
  it.each([
    ['', []],
    ['  -device  foo,id=a\t-S ', ['-device', 'foo,id=a', '-S']],
    ['-name "a b" \'c "d\'', ['-name', 'a b', 'c "d']],
    ['a""b \'\'', ['ab', '']],
    // As Perl's Text::ParseWords, with which Proxmox VE does it: a backslash between double quotes guards any character.
    ['a\\ b "c\\"d\\e" \'f\\g\'', ['a b', 'c"de', 'f\\g']],
    ['$(id) `id` ; | && $HOME *', ['$(id)', '`id`', ';', '|', '&&', '$HOME', '*']],
  ])('splits %j as Proxmox VE does, expanding nothing', (text, words) => {
    expect(splitArguments(text)).toEqual(words)
  })

  it.each([['an open double quote', '-a "b'], ['an open single quote', '-a \'b'], ['a backslash at the end', 'a\\'], ['a line break', 'a\nb'], ['words without end', 'a '.repeat(300)]])('refuses %s', (_, text) => {
    expect(() => splitArguments(text)).toThrowError(InvalidInputError)
  })
})
