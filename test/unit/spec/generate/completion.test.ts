import {describe, expect, test} from 'vitest'
import {formatWords} from '../../../../src/lib/spec/format-words.ts'
import {checkFormat} from '../../../../src/lib/spec/formats.ts'
import {completionFiles} from '../../../../src/lib/spec/generate/completion/index.ts'
import {completionWords} from '../../../../src/lib/spec/generate/completion/command-words.ts'
import {defineCommand, std} from '../../../../src/lib/spec/index.ts'

const tool = {
  name: 'tool', summary: 'A tool.', description: 'A tool.',
  commands: [defineCommand({
    id: 'tool thing add', summary: 'Add it.', api: {method: 'POST', path: '/nodes/{node}/thing'}, kind: 'change', runsOn: 'node', needs: 'anyone',
    params: {
      vmid: std.vmid, target: {...std.storage, description: "It's `one`. And more."}, kinds: {type: 'string', format: 'pve-storage-content-list', optional: true, description: 'Kinds.'},
      'net[n]': {type: 'string', format: {model: {type: 'string', enum: ['a', 'b c', '$(x)'], defaultKey: true}, mac: {type: 'string'}, a: {alias: 'mac', keyAlias: 'model'}, on: {type: 'boolean'}}, index: {min: 0, max: 7}, description: 'A card.'},
      nodes: {type: 'array', items: std.node, optional: true, description: 'Nodes.'}, delete: {type: 'string', format: 'pve-configid-list', optional: true, description: 'Keys.'},
      short: {alias: 'kinds', description: 'The same.'},
    },
    args: ['vmid'], returns: {type: 'null'}, output: {as: 'none'}, examples: [],
  }), defineCommand({
    id: 'tool thing', summary: 'Show it.', kind: 'read', runsOn: 'node', needs: 'anyone', params: {vmid: std.vmid}, args: ['vmid'], returns: {type: 'null'}, output: {as: 'none'}, examples: [], aliases: ['tool it'],
  })],
}

describe('what completion knows of a command', () => {
  const {commands, next, types} = completionWords([tool])
  const typeOf = (name: string) => commands.find(({id}) => id === 'tool thing add')?.options.find((option) => option.name === name)?.type

  test('follows from its spec', () => {
    expect(typeOf('target')).toBe('@storage')
    expect(typeOf('nodes')).toBe('@node+')
    expect(typeOf('delete')).toBe('o,')
    expect(typeOf('short')).toBe('=kinds')
    expect(typeOf('dry-run')).toBe('b')
    expect(typeOf('kinds')).toMatch(/^w\d+,$/)
    expect(commands.find(({id}) => id === 'tool thing add')?.options.find(({name}) => name === 'net')).toMatchObject({last: 7})
    expect([...types.properties.keys()]).toEqual([expect.stringMatching(/^!model:w\d+ mac:- a:=mac\+model on:b$/)])
  })

  test('does not offer what exists for what is made, and knows other names of a command', () => {
    expect(commands.map(({id, args}) => [id, ...args])).toEqual([['tool thing add', '@newvmid'], ['tool thing', '@vmid'], ['tool it', '@vmid']])
    expect(next.get('tool')).toEqual(['it', 'thing'])
    expect(next.get('tool thing')).toEqual(['add'])
  })

  test('leaves out words that a shell would take for something else', () => {
    expect([...types.words.keys()].join(' ')).not.toMatch(/[$()*?[\]]|b c/)
  })

  test('stands quoted in the scripts', () => {
    const files = completionFiles([tool], {core: '', bash: '', zsh: '', fish: ''})
    expect(files.find(({path}) => path.endsWith('_corral'))?.content).toContain("'It'\\''s one.'")
    expect(files.find(({path}) => path.endsWith('fish'))?.content).toContain("'It\\'s one.'")
  })
})

test('the words of formats are those that the formats take', () => {
  for (const [format, words] of Object.entries(formatWords)) {
    for (const word of words) expect(checkFormat(format, word), `${format}: ${word}`).toBeUndefined()
    expect(checkFormat(format, 'nosuchword')).toBeDefined()
  }
})
