import {describe, expect, test} from 'vitest'
import {defineCommand, std} from '../../../../src/lib/spec/index.ts'
import {commandPage} from '../../../../src/lib/spec/generate/command-page.ts'
import {configPage} from '../../../../src/lib/spec/generate/config-page.ts'
import {limitWords, optionEntries, optionValue, propertySynopsis, typeWords, valueWord} from '../../../../src/lib/spec/generate/describe-value.ts'
import {definitionList, literal, nameLine} from '../../../../src/lib/spec/generate/markdown.ts'
import {aliasFile, oclifFiles, personaFiles} from '../../../../src/lib/spec/generate/oclif-files.ts'
import {snapshotFile} from '../../../../src/lib/spec/generate/snapshot.ts'
import {surfaceOf} from '../../../../src/lib/spec/generate/surface.ts'
import type {ToolDescription} from '../../../../src/lib/spec/generate/tool.ts'

const grow = defineCommand({
  id: 'qm disk resize', summary: 'Make a disk larger.', description: 'The guest *may* have to notice.', aliases: ['qm resize'],
  params: {
    vmid: std.vmid,
    size: {type: 'string', description: 'The new size.'},
    force: {type: 'boolean', optional: true, default: false, description: 'Do it anyway.'},
    cache: {type: 'string', enum: ['none', 'writeback'], description: 'The cache mode.'},
    'net[n]': {type: 'string', optional: true, index: {min: 0, max: 31}, description: 'A card.', format: {model: {enum: ['e1000', 'virtio'], defaultKey: true, description: 'The model.'}, bridge: {optional: true, placeholder: 'bridge', description: 'The bridge.'}}},
  },
  args: ['vmid', 'size'], returns: {type: 'null'}, output: {as: 'none'}, kind: 'change', runsOn: 'guest-node', needs: 'root',
  exitStatus: [{code: 9, meaning: 'Too large.'}], files: ['/etc/x'], seeAlso: ['qm list'],
  examples: [{line: 'qm disk resize 100 +1G --cache none', meaning: 'One GiB more.'}],
})
const tool: ToolDescription = {name: 'qm', summary: 'Manage machines.', description: 'All of them.', commands: [grow]}

describe('values in words', () => {
  test.each([
    [{type: 'integer', minimum: 1, maximum: 4}, '<integer>', 'integer from 1 to 4'], [{type: 'integer', minimum: 1}, '<integer>', 'integer of at least 1'],
    [{type: 'number', maximum: 4}, '<number>', 'number of at most 4'], [{type: 'boolean'}, '<1|0>', 'boolean'], [{enum: ['a', 'b']}, '<a|b>', 'one of a, b'],
    [{enum: ['a', 'b', 'c', 'd', 'e', 'f', 'g']}, '<word>', 'one of a, b, c, d, e, f, g'], [{placeholder: 'bridge'}, '<bridge>', 'text'],
    [{type: 'string', minLength: 2, maxLength: 8}, '<text>', 'text of 2 to 8 characters'], [{type: 'array', items: {type: 'integer'}}, '<integer>', 'integer, can be given several times'],
    [{format: {a: {}}}, '<settings>', 'settings separated by commas'], [{format: 'pve-vmid-list'}, '<text>', 'list of: guest number'],
  ] as const)('%j', (schema, word, words) => {
    expect([valueWord(schema), typeWords(schema)]).toEqual([word, words])
  })

  test('limits leave out what the value’s own word says', () => {
    expect(limitWords({type: 'boolean', default: true})).toBe('default: 1')
    expect(limitWords({enum: ['a'], defaultText: 'what the host has'})).toBe('default: what the host has')
    expect(limitWords({type: 'integer', minimum: 5, default: 7, requires: 'x'})).toBe('integer of at least 5; default: 7; only with --x')
    expect(limitWords({type: 'string'})).toBe('')
    expect(optionValue({type: 'boolean'})).toBe('[1|0]')
  })

  test('a property string: the default key first, optional parts in brackets', () => {
    expect(propertySynopsis({size: {optional: true}, file: {defaultKey: true, placeholder: 'volume'}, media: {enum: ['cdrom', 'disk']}, alias: {alias: 'file'}})).toBe('[file=]<volume> ,media=<cdrom|disk> [,size=<text>]')
    expect(propertySynopsis({enabled: {type: 'boolean', defaultKey: true, optional: true}})).toBe('[[enabled=]<1|0>]')
  })

  test('options: needed ones first, each part sorted, arguments left out', () => {
    expect(optionEntries(grow.params, grow.args).map(([name]) => name)).toEqual(['cache', 'force', 'net[n]'])
  })
})

describe('pages', () => {
  test('text means itself in Markdown', () => {
    expect(literal('a_b*<c>[0]')).toBe('a\\_b\\*\\<c\\>\\[0\\]')
    expect(nameLine('Show `x` of a guest.')).toBe('show x of a guest')
    expect(nameLine('QEMU things.')).toBe('QEMU things')
    expect(definitionList([{term: 'a', paragraphs: ['b\n c'], inner: [{term: 'd', paragraphs: ['e']}]}])).toBe('a\n: b c\n\n    d\n    : e')
  })

  test('a command’s page has all that its spec says', () => {
    const text = commandPage(grow, {exitCodes: [{code: 0, meaning: 'Good.'}], environment: [{name: 'X', meaning: 'Y.'}]}, ['qm.conf(5)'])
    expect(text.split('\n').filter((line) => line.startsWith('#'))).toEqual([
      '# qm-disk-resize(1) -- make a disk larger', '## SYNOPSIS', '## DESCRIPTION', '## ARGUMENTS', '## OPTIONS', '## COMMON OPTIONS', '## EXIT STATUS', '## ENVIRONMENT', '## FILES', '## EXAMPLES', '## SEE ALSO',
    ])
    for (const part of [
      '**qm disk resize** *vmid* *size* **--cache** *\\<none\\|writeback\\>* \\[*OPTIONS*\\]', 'can also be written **qm resize**.', '(n from 0 to 31)', '**9**\n: Too large.',
      '    qm disk resize 100 +1G', '**qm-list**\\(1\\)', '    **model**=*\\<e1000\\|virtio\\>*\n    : The model.',
    ]) expect(text).toContain(part)
  })

  test('a configuration file’s page names keys, not options', () => {
    const text = configPage({name: 'x.conf', summary: 'X.', description: 'D.', groups: [{title: 'KEYS', params: {...grow.params, old: {alias: 'cache'}}}], example: 'a: 1', seeAlso: ['qm(1)']})
    expect(text).toContain('**force**: *\\<1\\|0\\>*')
    expect(text).toContain('Another name for **cache**.')
  })
})

describe('files', () => {
  test('a thin class file for each command, corral’s own without their tool', () => {
    const own = {...tool, name: 'corral', commands: [{...grow, id: 'corral task wait'}]}
    expect(oclifFiles([tool, own]).map(({path, content}) => [path, content.split('\n').slice(1, 4)])).toEqual([
      ['src/commands/qm/disk/resize.ts', ["import {oclifCommandOf} from '../../../lib/cli/oclif-command.ts'", '', "export default await oclifCommandOf('qm disk resize')"]],
      ['src/commands/task/wait.ts', ["import {oclifCommandOf} from '../../lib/cli/oclif-command.ts'", '', "export default await oclifCommandOf('corral task wait')"]],
    ])
    expect(personaFiles([tool, own])).toEqual([{path: 'bin/qm', content: "#!/usr/bin/env node\nrequire('../dist/run/main.cjs').main('qm')\n", isExecutable: true}])
    expect(aliasFile([tool]).content).toContain("  'qm resize': 'qm disk resize',\n")
  })

  test('the snapshot promises types, the surface names options', () => {
    expect(JSON.parse(snapshotFile([tool]).content)).toMatchObject({'qm disk resize': {
      args: ['vmid: integer from 100 to 999999999, required', 'size: text, required'],
      options: {cache: 'one of none, writeback, required', force: 'boolean', 'net[n]': 'settings separated by commas (model, bridge)'},
    }})
    const {qm} = surfaceOf([tool])
    expect(Object.keys(qm ?? {})).toEqual(['disk resize', 'resize'])
    expect(qm?.['resize']).toEqual({aliasOf: 'disk resize', args: [], options: {}})
    expect(qm?.['disk resize']?.args.map(({name}) => name)).toEqual(['vmid', 'size'])
    expect(qm?.['disk resize']?.options).toMatchObject({'net[n]': {type: 'string'}, quiet: {formatOption: true}})
  })
})
