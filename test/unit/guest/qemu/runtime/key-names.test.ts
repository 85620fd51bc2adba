// The keys of `qm sendkey`: names, scan codes, and what is none.
import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../../../src/lib/base/index.ts'
import {keyNames, parseKeys} from '../../../../../src/lib/guest/qemu/runtime/key-names.ts'

describe('parseKeys', () => {
  it('takes keys together, digits as keys and longer numbers as scan codes', () => {
    expect(parseKeys('Ctrl-alt-delete')).toEqual(['ctrl', 'alt', 'delete'].map((data) => ({type: 'qcode', data})))
    expect(parseKeys('shift-2')).toEqual([{type: 'qcode', data: 'shift'}, {type: 'qcode', data: '2'}])
    expect(parseKeys('0x1d-29')).toEqual([{type: 'number', data: 29}, {type: 'number', data: 29}])
  })

  it('knows each name once', () => {
    expect(new Set(keyNames).size).toBe(keyNames.length)
    for (const name of keyNames) expect(parseKeys(name)).toEqual([{type: 'qcode', data: name}])
  })

  it.each([['ctrl-alt-delte', "there is no key 'delte'"], ['a--b', 'a key is missing'], ['', 'a key is missing'], ['a;quit', "there is no key 'a;quit'"], ['a\nb', 'there is no key'],
    ['-a', 'a key is missing'], ['0xffff', "there is no key '0xffff'"], [Array.from({length: 11}, () => 'a').join('-'), 'at most 10 keys']])('refuses %j', (text, reason) => {
    expect(() => parseKeys(text)).toThrow(InvalidInputError)
    expect(() => parseKeys(text)).toThrow(reason)
  })
})
