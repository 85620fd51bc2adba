import {describe, expect, test} from 'vitest'
import {commandsBelow, findCommand, findTypedCommand, groupOf, suggestCommand} from '../../../src/lib/cli/find-command.ts'

const keys = Object.fromEntries(['qm start', 'qm status', 'qm disk', 'qm disk import', 'qm disk move', 'pvesm status', 'vzdump'].map((key) => [key, {}]))
const aliases = {'qm importdisk': 'qm disk import'}

describe('findCommand', () => {
  test.each([
    ['the plain case', ['qm', 'start', '100'], 'qm start', ['100']],
    ['the longest key wins', ['qm', 'disk', 'import', '100', 'x'], 'qm disk import', ['100', 'x']],
    ['a shorter key when the longer one does not fit', ['qm', 'disk', 'x'], 'qm disk', ['x']],
    ['a tool that is itself the command', ['vzdump', '100', '--mode', 'stop'], 'vzdump', ['100', '--mode', 'stop']],
    ['an alias', ['qm', 'importdisk', '100'], 'qm disk import', ['100']],
    ['options in front, with a value', ['--on', 'h2', 'qm', 'start', '100'], 'qm start', ['--on', 'h2', '100']],
    ['options in front, with an equals sign', ['--output-format=json', 'qm', 'start', '100'], 'qm start', ['--output-format=json', '100']],
    ['words behind the command are not looked at', ['qm', 'start', '--', 'disk'], 'qm start', ['--', 'disk']],
  ])('%s', (_, words, id, rest) => {
    expect(findCommand(words, keys, aliases)).toEqual({id, rest})
  })

  test.each([[[]], [['qm']], [['qm', 'stat']], [['disk', 'import']], [['--']], [['--on']], [['toString']], [['__proto__']], [['qm', '--', 'start']]])(
    '%j names nothing', (words) => {
      expect(findCommand(words, Object.assign(Object.create(null), keys) as typeof keys, aliases)).toBeUndefined()
    })
})

describe('hints', () => {
  test('the closest command with as many words', () => {
    expect(suggestCommand(['qm', 'strat', '100'], Object.keys(keys))).toBe('qm start')
    expect(suggestCommand(['qm', 'disk', 'improt', 'x'], Object.keys(keys))).toBe('qm disk import')
    expect(suggestCommand(['qn', 'start'], Object.keys(keys))).toBe('qm start')
    expect(suggestCommand(['entirely', 'else'], Object.keys(keys))).toBeUndefined()
    expect(suggestCommand([], Object.keys(keys))).toBeUndefined()
  })

  test('the commands of a group, not those that merely begin alike', () => {
    expect(commandsBelow(['qm', 'disk'], [...Object.keys(keys), 'qm diskless x'])).toEqual(['qm disk import', 'qm disk move'])
    expect(commandsBelow([], Object.keys(keys))).toHaveLength(7)
  })
})

describe('Corral’s own commands', () => {
  const own = {...keys, 'corral task wait': {}, 'corral task stop': {}, 'corral doctor': {}}
  const names = Object.keys(own)
  test('are written without their tool, or with it', () => {
    expect(findTypedCommand(['task', 'wait', 'X'], own, {})).toEqual({id: 'corral task wait', rest: ['X']})
    expect(findTypedCommand(['corral', 'task', 'wait', 'X'], own, {})).toEqual({id: 'corral task wait', rest: ['X']})
    expect(findTypedCommand(['qm', 'start'], own, {})).toEqual({id: 'qm start', rest: []})
  })

  test.each([
    [['task'], ['corral', 'task']], [['task', 'wiat'], ['corral', 'task']], [['qm', 'disk', 'x'], ['qm', 'disk']], [['nothing'], []], [[], []], [['doctor'], []],
  ])('the group of %j is %j', (words, group) => expect(groupOf(words, names)).toEqual(group))

  test('are suggested as they are typed', () => expect(suggestCommand(['tsak', 'wait'], names)).toBe('corral task wait'))
})
