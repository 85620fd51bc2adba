// contexts.yaml: what is taken, what is refused and with which words, and changes that keep what the user wrote.
import {describe, expect, test} from 'vitest'
import {InvalidInputError, NotFoundError, errorChain} from '../../../src/lib/base/index.ts'
import {findContext, parseContexts, withCurrent, withHost, withoutHost} from '../../../src/lib/hosts/contexts.ts'

const path = '/home/me/.config/corral/contexts.yaml'
const refusal = async (text: string) => {
  const error = await parseContexts(text, path).then(() => undefined, (reason: unknown) => reason)
  expect(error).toBeInstanceOf(InvalidInputError)
  return errorChain(error).join(': ')
}

describe('reading', () => {
  test('gives contexts in the order of the file', async () => {
    expect(await parseContexts('current: b\ncontexts:\n  a:\n    hosts:\n    - name: h1\n      ssh: h1\n  b: {hosts: [{name: x, ssh: "root@[::1]:22", node: y}, {name: me, ssh: local}]}\n', path)).toEqual({
      current: 'b', contexts: [{name: 'a', hosts: [{name: 'h1', ssh: 'h1'}]}, {name: 'b', hosts: [{name: 'x', ssh: 'root@[::1]:22', node: 'y'}, {name: 'me', ssh: 'local'}]}],
    })
    expect(await parseContexts('', path)).toEqual({contexts: []})
    expect(await parseContexts('# nothing yet\n', path)).toEqual({contexts: []})
    expect(await parseContexts('current: local\n', path)).toEqual({contexts: []})
  })

  test.each([
    ['[]', 'must have keys and values'],
    ['contexts: [', 'is no YAML'],
    ['a: 1\na: 2', 'is no YAML: Map keys must be unique'],
    ['curent: a', "'current'"],
    ['current: a', "names 'a' as the current context, and has no such context"],
    ['current: labb\ncontexts: {lab: {hosts: [{name: a, ssh: a}]}}', "did you mean 'lab'?"],
    ['contexts: {local: {hosts: [{name: a, ssh: a}]}}', "defines the context 'local'"],
    ['contexts: {"-x": {hosts: [{name: a, ssh: a}]}}', "a context named '-x'"],
    ['contexts: {"\\e[2J": {hosts: []}}', "a context named '\\x1B[2J'"],
    ['contexts: {a: {}}', 'contexts.a'],
    ['contexts: {a: {hosts: []}}', 'must have 1 to 200 hosts in contexts.a'],
    ['contexts: {a: {hosts: [{name: x}]}}', 'contexts.a.hosts[0]'],
    ['contexts: {a: {hosts: [{name: x, ssh: -oProxyCommand=id}]}}', 'contexts.a.hosts[0].ssh'],
    ['contexts: {a: {hosts: [{name: x, ssh: h, agent: "/tmp/a;id"}]}}', 'contexts.a.hosts[0]'],
    ['contexts: {a: {hosts: [{name: x, ssh: h, agent: /a/../b}]}}', 'contexts.a.hosts[0]'],
    ['contexts: {a: {hosts: [{name: x, ssh: h}, {name: x, ssh: g}]}}', "two hosts named 'x'"],
    ['contexts: {a: {hosts: [{name: x, ssh: h, password: y}]}}', 'password'],
    ['contexts: !!js/function x', 'is no YAML'],
    ['contexts: !map {}', 'is no YAML: Unresolved tag'],
    ['a: &x {}\ncontexts: *x', 'must not use aliases'],
  ])('refuses %j', async (text, words) => { expect(await refusal(text)).toContain(words) })

  test('a file that would grow is refused before it does', async () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefghij'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(',')}]`)].join('\n')
    const startedAt = performance.now()
    expect(await refusal(bomb)).toContain('must not use aliases')
    expect(await refusal(`current: ${'x'.repeat(300_000)}`)).toContain('is larger than 256 KiB')
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  test('deep nesting and many contexts are no way in', async () => {
    await refusal(`contexts: ${'['.repeat(5_000)}`)
    await refusal(`contexts: ${'{a: '.repeat(2_000)}1${'}'.repeat(2_000)}`)
    expect(await refusal(`contexts:\n${Array.from({length: 201}, (_, index) => `  c${index}: {hosts: [{name: a, ssh: a}]}\n`).join('')}`)).toContain('more than 200 contexts')
  })
})

describe('changing', () => {
  const written = '# mine\ncontexts:\n  lab: # the lab\n    hosts:\n      - name: h1\n        ssh: root@a # by the window\n'

  test('the first host makes the file and its context the current one', async () => {
    const text = await withHost('', 'lab', {name: 'h1', ssh: 'root@a'}, path)
    expect(await parseContexts(text, path)).toEqual({current: 'lab', contexts: [{name: 'lab', hosts: [{name: 'h1', ssh: 'root@a'}]}]})
    const more = await withHost(text, 'other', {name: 'h2', ssh: 'b'}, path)
    expect(await parseContexts(more, path)).toMatchObject({current: 'lab', contexts: [{name: 'lab'}, {name: 'other'}]})
  })

  test('keeps comments', async () => {
    const text = await withHost(written, 'lab', {name: 'h2', ssh: 'b', node: 'n2'}, path)
    expect(text).toContain('# mine\n')
    expect(text).toContain('# by the window')
    expect((await parseContexts(text, path)).contexts[0]?.hosts).toEqual([{name: 'h1', ssh: 'root@a'}, {name: 'h2', ssh: 'b', node: 'n2'}])
  })

  test('an entry of the same name is replaced', async () => {
    const text = await withHost(written, 'lab', {name: 'h1', ssh: 'new'}, path)
    expect((await parseContexts(text, path)).contexts).toEqual([{name: 'lab', hosts: [{name: 'h1', ssh: 'new'}]}])
  })

  test('the last host takes its context along', async () => {
    const text = await withoutHost(await withCurrent(written, 'lab', path), 'lab', 'h1', path)
    expect(await parseContexts(text, path)).toEqual({contexts: []})
    expect(text).toContain('# mine')
    expect(await withoutHost(written, 'lab', 'h9', path)).toContain('h1')
  })

  test('the current context must exist; local is none', async () => {
    const current = await withCurrent(written, 'lab', path)
    expect((await parseContexts(current, path)).current).toBe('lab')
    expect((await parseContexts(await withCurrent(current, 'local', path), path)).current).toBeUndefined()
    await expect(withCurrent(written, 'lap', path)).rejects.toThrow(NotFoundError)
  })

  test('what we would not read is not written', async () => {
    await expect(withHost(written, 'local', {name: 'a', ssh: 'a'}, path)).rejects.toThrow(InvalidInputError)
    await expect(withHost(written, 'lab', {name: 'a', ssh: '-x'}, path)).rejects.toThrow(InvalidInputError)
  })
})

test('a context that does not exist names those that do', async () => {
  const contexts = await parseContexts('contexts: {lab: {hosts: [{name: a, ssh: a}]}}', path)
  expect(() => findContext(contexts, 'lap')).toThrow("there is no context 'lap'; did you mean 'lab'?")
})
