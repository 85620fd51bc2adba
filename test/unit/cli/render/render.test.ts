import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {cutToWidth, displayWidth, padToWidth} from '../../../../src/lib/cli/render/display-width.ts'
import {fieldLines, textLines} from '../../../../src/lib/cli/render/fields.ts'
import {plainStyle, renderResult, textStyle, type RenderOptions} from '../../../../src/lib/cli/render/index.ts'

const options: RenderOptions = {format: 'text', hasHeader: true, hasBorder: true, isHumanReadable: true, style: plainStyle}
const hostile = {name: 'x\u001b[2J\u009b31m\u007f\u202e', running: true, list: [1, false], none: undefined}

describe('formats for programs', () => {
  test('json: one line, sorted keys, booleans as numbers, no raw control characters', async () => {
    const text = await renderResult(hostile, {as: 'none'}, {...options, format: 'json'})
    expect(text).toBe('{"list":[1,0],"name":"x\\u001b[2J\\u009b31m\\u007f\\u202e","running":1}\n')
    expect(JSON.parse(text)).toMatchObject({name: hostile.name})
  })

  test('json-pretty is indented; nothing is null', async () => {
    expect(await renderResult({b: 1, a: 2}, {as: 'fields'}, {...options, format: 'json-pretty'})).toBe('{\n   "a": 2,\n   "b": 1\n}\n')
    expect(await renderResult(undefined, {as: 'none'}, {...options, format: 'json'})).toBe('null\n')
  })

  test('yaml reads back to the same, control characters escaped', async () => {
    const text = await renderResult(hostile, {as: 'none'}, {...options, format: 'yaml'})
    expect(text.startsWith('---\n')).toBe(true)
    expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(text)).toBe(false)
    expect(parse(text)).toEqual({list: [1, 0], name: hostile.name, running: 1})
    expect(await renderResult([{a: 'x: y'}], {as: 'lines'}, {...options, format: 'yaml'})).toBe('---\n- a: "x: y"\n')
  })
})

describe('text', () => {
  test('fields are sorted, nested ones indented by tabs', () => {
    expect(fieldLines({status: 'running', blockstat: {scsi0: {rd_bytes: 5}}, agent: true, tags: ['a', 'b'], none: undefined})).toEqual([
      'agent: 1', 'blockstat:', '\tscsi0:', '\t\trd_bytes: 5', 'status: running', 'tags:', '\ta', '\tb',
    ])
    expect(fieldLines({b: 1, a: 2, c: 3}, ['c'])).toEqual(['c: 3', 'a: 2', 'b: 1'])
  })

  test('lines keep their line ends and lose control characters', () => {
    expect(textLines('one\ntwo\n')).toEqual(['one', 'two'])
    expect(textLines(['a\u001bb', 5])).toEqual(['a\\x1Bb', '5'])
    expect(textLines(undefined)).toEqual([])
  })

  test('no result prints nothing', async () => {
    expect(await renderResult(null, {as: 'none'}, options)).toBe('')
    expect(await renderResult(undefined, {as: 'fields'}, options)).toBe('')
    const table = {as: 'table', columns: [{key: 'a', header: 'A'}]} as const
    expect(await renderResult([], table, options)).toBe('A\n')
    expect(await renderResult([], {...table, isSilentWhenEmpty: true}, options)).toBe('')
    expect(await renderResult([], {...table, isSilentWhenEmpty: true}, {...options, format: 'json'})).toBe('[]\n')
  })
})

describe('style', () => {
  const terminal = {isTTY: true, columns: 120}
  test('nothing is cut or coloured when stdout is no terminal', () => {
    expect(textStyle({}, {TERM: 'xterm', COLUMNS: '40', LANG: 'C'})).toEqual({columns: undefined, hasColour: false, hasUnicode: false})
  })

  test.each([
    [{TERM: 'xterm', LANG: 'de_DE.UTF-8'}, {columns: 120, hasColour: true, hasUnicode: true}],
    [{TERM: 'xterm', LANG: 'de_DE.UTF-8', LC_ALL: 'C'}, {columns: 120, hasColour: true, hasUnicode: false}],
    [{TERM: 'dumb'}, {columns: 120, hasColour: false, hasUnicode: false}],
    [{}, {columns: 120, hasColour: false, hasUnicode: false}],
    [{TERM: 'xterm', NO_COLOR: '1'}, {columns: 120, hasColour: false, hasUnicode: false}],
    [{TERM: 'xterm', NO_COLOR: ''}, {columns: 120, hasColour: true, hasUnicode: false}],
    [{TERM: 'xterm', COLUMNS: '66'}, {columns: 66, hasColour: true, hasUnicode: false}],
    [{TERM: 'xterm', COLUMNS: '3'}, {columns: 20, hasColour: true, hasUnicode: false}],
    [{TERM: 'xterm', COLUMNS: 'wide'}, {columns: 120, hasColour: true, hasUnicode: false}],
  ])('on a terminal with %j', (env, style) => {
    expect(textStyle(terminal, env)).toEqual(style)
  })
})

describe('widths', () => {
  test.each([['abc', 3], ['虚拟机', 6], ['e\u0301', 1], ['👍', 2], ['', 0], ['שלום', 4]])('%s takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width)
  })

  test('cutting never goes through a wide character', () => {
    expect(cutToWidth('虚拟机', 4)).toBe('虚…')
    expect(cutToWidth('abcdef', 6)).toBe('abcdef')
    expect(cutToWidth('abcdef', 0)).toBe('')
    expect(padToWidth('虚', 4, 'right')).toBe('  虚')
  })
})
