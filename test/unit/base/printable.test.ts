import {expect, it} from 'vitest'
import {printable, printableLines} from '../../../src/lib/base/printable.ts'

it('shows what a terminal would obey', () => {
  expect(printable('a\u001b]52;c;aGk=\u0007b\u009b2Jc\rd\u0000')).toBe('a\\x1B]52;c;aGk=\\x07b\\x9B2Jc\\x0Dd\\x00')
  expect(printable('safe\u202egnp.exe')).toBe('safe\\u202Egnp.exe')
})

it('leaves words of any language alone', () => {
  expect(printable('größe 東京 مرحبا 🙂\tok')).toBe('größe 東京 مرحبا 🙂 ok')
})

it('keeps line ends of several lines', () => {
  expect(printableLines('one\r\ntwo\u001b[0m\n')).toBe('one\ntwo\\x1B[0m\n')
})
