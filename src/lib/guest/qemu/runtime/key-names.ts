// The keys that `qm sendkey` can press, by the names that QEMU gives them (QKeyCode in QEMU's QMP reference). Pure.
import {InvalidInputError} from '../../../base/index.ts'
import {nearestWord} from '../../../spec/nearest.ts'

/** QEMU takes a number for a key that has no name here: its scan code. */
export type Key = {readonly type: 'qcode'; readonly data: string} | {readonly type: 'number'; readonly data: number}

/** As many as a person has fingers, and more than any combination needs. */
const maxKeys = 10

const range = (prefix: string, from: number, to: number): string[] => Array.from({length: to - from + 1}, (_, index) => `${prefix}${from + index}`)

export const keyNames: readonly string[] = [
  'shift', 'shift_r', 'alt', 'alt_r', 'ctrl', 'ctrl_r', 'menu', 'esc', ...range('', 0, 9), 'minus', 'equal', 'backspace', 'tab',
  ...'abcdefghijklmnopqrstuvwxyz', 'bracket_left', 'bracket_right', 'ret', 'semicolon', 'apostrophe', 'grave_accent', 'backslash', 'comma', 'dot',
  'slash', 'asterisk', 'spc', 'caps_lock', ...range('f', 1, 24), 'num_lock', 'scroll_lock', 'kp_divide', 'kp_multiply', 'kp_subtract', 'kp_add',
  'kp_enter', 'kp_decimal', 'sysrq', ...range('kp_', 0, 9), 'less', 'print', 'home', 'pgup', 'pgdn', 'end', 'left', 'up', 'down', 'right', 'insert',
  'delete', 'stop', 'again', 'props', 'undo', 'front', 'copy', 'open', 'paste', 'find', 'cut', 'lf', 'help', 'meta_l', 'meta_r', 'compose', 'pause',
  'ro', 'hiragana', 'henkan', 'yen', 'muhenkan', 'katakanahiragana', 'kp_comma', 'kp_equals', 'power', 'sleep', 'wake', 'audionext', 'audioprev',
  'audiostop', 'audioplay', 'audiomute', 'volumeup', 'volumedown', 'mediaselect', 'mail', 'calculator', 'computer', 'ac_home', 'ac_back',
  'ac_forward', 'ac_refresh', 'ac_bookmarks', 'lang1', 'lang2',
]
const known = new Set(keyNames)
const number = /^(?:0x[0-9a-f]{1,3}|[1-9]\d{1,3})$/i

/**
 * The keys of `ctrl-alt-delete`, which are pressed together. Digits are the keys with those digits; longer numbers and `0x…` are scan codes.
 * @throws InvalidInputError naming the one that is no key
 */
export function parseKeys(text: string): Key[] {
  const names = text.split('-')
  if (names.length > maxKeys) throw new InvalidInputError(`at most ${maxKeys} keys can be pressed together, not ${names.length}`, {key: `names more than ${maxKeys} keys`})
  return names.map((name) => {
    const lower = name.toLowerCase()
    if (known.has(lower)) return {type: 'qcode', data: lower} as const
    if (number.test(name)) return {type: 'number', data: Number(name)} as const
    throw unknownKey(name.slice(0, 40))
  })
}

function unknownKey(name: string): InvalidInputError {
  const near = nearestWord(name.toLowerCase(), keyNames)
  return new InvalidInputError(
    name === '' ? "a key is missing: keys are joined by single dashes, as in 'ctrl-alt-delete'" : `there is no key '${name}'`,
    {key: name === '' ? 'has a dash too many' : `does not know '${name}'`},
    {nextSteps: near === undefined ? ['Letters and digits are keys by their own name; others are ret, spc, minus, dot, f1, up, … (man qm-sendkey).'] : [`Did you mean '${near}'?`]},
  )
}
