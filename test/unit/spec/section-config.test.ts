// Section configuration files: reading, writing, what is refused; the parameters derived from their types.
import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../src/lib/base/index.ts'
import {inspectObject} from '../../../src/lib/spec/index.ts'
import {formatSectionConfig, parseSectionConfig, type Section, type SectionProblem, type SectionTypes} from '../../../src/lib/spec/section-config.ts'
import {createSchema, updateSchema} from '../../../src/lib/spec/section-schema.ts'
import {pick, randomText} from '../../support/hostile-text.ts'
import {randomSource, scaledCount} from '../../support/rounds.ts'

const types: SectionTypes = {
  dir: {
    options: {
      path: {type: 'string', format: 'pve-storage-path'},
      content: {type: 'string', format: 'pve-storage-content-list', optional: true},
      comment: {type: 'string', optional: true},
      disable: {type: 'boolean', optional: true},
      shared: {type: 'boolean', optional: true},
      'max-files': {type: 'integer', minimum: 0, optional: true},
      'prune-backups': {type: 'string', optional: true, format: {'keep-last': {type: 'integer', minimum: 0, optional: true}}},
      map: {type: 'array', items: {type: 'string'}, optional: true},
    },
    fixed: ['path'],
  },
  nfs: {options: {server: {type: 'string', format: 'address'}, path: {type: 'string', optional: true}}},
}

const text = `# a comment
dir: local
\tpath /var/lib/vz
\tcontent iso,vztmpl
\tshared 0
    map a=1,b=2
\tmap c

nfs: nas
\tserver 192.0.2.1
`

describe('parseSectionConfig', () => {
  it('reads sections in order, values as their types, lists from repeated keys', () => {
    expect(parseSectionConfig(text, types)).toEqual([
      {type: 'dir', id: 'local', values: {path: '/var/lib/vz', content: 'iso,vztmpl', shared: false, map: ['a=1,b=2', 'c']}},
      {type: 'nfs', id: 'nas', values: {server: '192.0.2.1'}},
    ])
    expect(parseSectionConfig('', types)).toEqual([])
    expect(parseSectionConfig('dir: x\n\tpath /a\n\tdisable\n', types)[0]?.values).toEqual({path: '/a', disable: true})
  })

  it.each([
    ['dir: x\n\tpath /a\n\tpath /b\n', "line 3 (section 'x'): 'path' stands there twice"],
    ['dir: x\n\tpath relative\n', "line 2 (section 'x'): path: must be an absolute path, without '..', not 'relative'"],
    ['dir: x\n\tcontent iso\n', "line 1 (section 'x'): path: is required"],
    ['dir: x\n\tpath /a\n\tpth /b\n', "line 3 (section 'x'): pth: there is no such property of type 'dir'; did you mean 'path'?"],
    ['dir: x\n\tpath /a\n\tprune-backups keep-last=x\n', "line 3 (section 'x'): prune-backups.keep-last: must be a whole number"],
    ['zfs: x\n', "line 1 (section 'x'): the type 'zfs' is not known; known are dir, nfs"],
    ['dir: x\n\tpath /a\n\ndir: x\n\tpath /b\n', "line 4 (section 'x'): section 'x' stands there twice"],
    ['nonsense\n', "line 1: 'nonsense' is not the head of a section"],
    ['dir: x\npath /a\n', "line 2 (section 'x'): 'path /a' is not an indented 'key value'"],
    ['dir: x\n\tpath /a\u001b[2J\n', "line 2 (section 'x'): path: must"],
  ])('refuses %j', (content, message) => {
    expect(() => parseSectionConfig(content, types)).toThrow(message)
  })

  it('hands problems over where it is asked to, and reads what can be read', () => {
    const problems: SectionProblem[] = []
    const content = 'junk\n\tpath /no\n\nzfs: z\n\ta b\n\ndir: a\n\tcontent iso\n\ndir: b\n\tpath /b\n\tpth /x\n\tmax-files -1\n\ndir: c\n\tpath /c\n'
    expect(parseSectionConfig(content, types, {onProblem: problem => problems.push(problem)}).map(({id, values}) => [id, values]))
      .toEqual([['b', {path: '/b'}], ['c', {path: '/c'}]])
    expect(problems.map(({line, section}) => [line, section])).toEqual([[1, undefined], [4, 'z'], [7, 'a'], [12, 'b'], [13, 'b']])
  })

  it('keeps sections of unknown types as texts where it is asked to', () => {
    expect(parseSectionConfig('zfs: z\n\ta b c\n\tflag\n\tl 1\n\tl 2\n\n', types, {allowUnknown: true})).toEqual([{type: 'zfs', id: 'z', values: {a: 'b c', flag: '', l: ['1', '2']}}])
  })

  it('is bounded', () => {
    expect(() => parseSectionConfig('#'.repeat(2 ** 20 + 1), types)).toThrow('at most')
    expect(() => parseSectionConfig(`dir: x\n\tpath /${'a'.repeat(70_000)}\n`, types)).toThrow('more than')
    expect(() => parseSectionConfig(Array.from({length: 10_001}, (_, index) => `nfs: n${index}\n\tserver a\n\n`).join(''), types)).toThrow('at most 10000 sections')
  })
})

describe('formatSectionConfig', () => {
  it('writes comment and disable first, then what must be there, then the rest by name', () => {
    const values = {shared: true, path: '/a', comment: 'my disk', content: 'iso', disable: true, map: ['x', 'y'], 'max-files': 0}
    expect(formatSectionConfig([{type: 'dir', id: 'a', values}, {type: 'nfs', id: 'b', values: {server: 'nas'}}], types))
      .toBe('dir: a\n\tcomment my disk\n\tdisable\n\tpath /a\n\tcontent iso\n\tmap x\n\tmap y\n\tmax-files 0\n\tshared 1\n\nnfs: b\n\tserver nas\n\n')
  })

  it('writes no disable that is off', () => {
    expect(formatSectionConfig([{type: 'dir', id: 'a', values: {path: '/a', disable: false}}], types)).toBe('dir: a\n\tpath /a\n\n')
  })

  it.each([
    [{type: 'dir', id: 'a b', values: {path: '/a'}}], [{type: 'dir', id: 'a\nnfs: x', values: {path: '/a'}}], [{type: 'dir', id: 'a', values: {}}],
    [{type: 'dir', id: 'a', values: {path: '/a', comment: 'x\n\tpath /b'}}], [{type: 'dir', id: 'a', values: {path: '/a', other: 'x'}}],
    [{type: 'zfs', id: 'a', values: {k: 'x\n\ty z'}}], [{type: 'zfs', id: 'a', values: {'k l': 'x'}}], [{type: 'zfs', id: 'a', values: {k: ' x'}}],
    [{type: '#dir', id: 'a', values: {}}],
  ])('refuses %j', section => {
    expect(() => formatSectionConfig([section], types)).toThrow(InvalidInputError)
  })

  it('is read as it was written, at random', () => {
    const random = randomSource('section configurations')
    for (let round = 0; round < scaledCount(200); round++) {
      const sections: Section[] = Array.from({length: random.between(0, 6)}, (_, index) => {
        const values = {
          path: `/p${random.between(0, 99)}`,
          ...(random.next() < 0.5 ? {shared: random.next() < 0.5} : {}),
          ...(random.next() < 0.5 ? {'max-files': random.between(0, 1e6)} : {}),
          ...(random.next() < 0.5 ? {map: Array.from({length: random.between(1, 3)}, () => pick(random, ['a', 'b=1,c', 'ä €']))} : {}),
          ...(random.next() < 0.5 ? {comment: pick(random, ['x', '# no comment', 'two words', "it's"])} : {}),
        }
        return random.next() < 0.3 ? {type: 'nfs', id: `s${index}`, values: {server: 'nas'}} : {type: 'dir', id: `s${index}`, values}
      })
      expect(parseSectionConfig(formatSectionConfig(sections, types), types)).toEqual(sections)
    }
  })

  it('survives anything that it is given to read, and reads its own writing of it', () => {
    const random = randomSource('hostile section configurations')
    const lines = ['dir: a', 'nfs: b', 'zfs: c', '\tpath /a', '\tserver nas', '\tk v', '', ' ', '#', '\t', 'dir:', ': a', '\tpath']
    for (let round = 0; round < scaledCount(300); round++) {
      const content = Array.from({length: random.between(0, 15)}, () => random.next() < 0.2 ? randomText(random, 40) : pick(random, lines)).join('\n')
      const sections = parseSectionConfig(content, types, {allowUnknown: true, onProblem: () => undefined})
      const written = (() => { try { return formatSectionConfig(sections, types) } catch (error) { expect(error).toBeInstanceOf(InvalidInputError); return undefined } })()
      if (written !== undefined) expect(parseSectionConfig(written, types, {allowUnknown: true})).toEqual(sections)
    }
  })
})

describe('derived parameters', () => {
  const file = {types, common: {storage: {type: 'string', format: 'pve-storage-id'}}, isolated: false, typeDescription: 'The type.'} as const

  it('of a file whose types share their properties: required when every type requires them, fixed ones not to be changed', () => {
    const create = createSchema(file).properties ?? {}
    expect(create['type']?.enum).toEqual(['dir', 'nfs'])
    expect([create['storage']?.optional, create['path']?.optional, create['server']?.optional]).toEqual([undefined, true, true])
    const update = updateSchema({...file, types: {dir: {...types['dir']!}}}).properties ?? {}
    expect(Object.keys(update)).toEqual(expect.arrayContaining(['content', 'storage', 'delete', 'digest']))
    expect(update).not.toHaveProperty('path')
    expect(update).not.toHaveProperty('type')
  })

  it('of a file with isolated types: variants by the type', () => {
    const create = createSchema({...file, isolated: true})
    expect(inspectObject(create, {storage: 'local', type: 'dir', path: '/a'}).fields).toEqual({})
    expect(inspectObject(create, {storage: 'local', type: 'nfs', content: 'iso'}).fields).toEqual({server: 'is required', content: "is only for type dir, not for 'nfs'"})
    const update = updateSchema({...file, isolated: true})
    expect(inspectObject(update, {storage: 'local', type: 'dir', delete: 'content'}).fields).toEqual({})
    expect(inspectObject(update, {storage: 'local', type: 'dir', path: '/b'}).fields).toHaveProperty('path')
  })
})
