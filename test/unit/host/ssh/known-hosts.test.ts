// known_hosts, compared with ssh-keygen: what -F finds we find, what -H hashes we understand, and the other way round.
import {execFileSync, spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {AppError} from '../../../../src/lib/base/index.ts'
import {hostKeyCheck} from '../../../../src/lib/host/ssh/host-keys.ts'
import type {HostKeyPolicy} from '../../../../src/lib/host/ssh/host-keys.ts'
import {fingerprintOf, formatKnownHost, judgeHostKey, knownHostName, knownKeyTypes, namesHost, readKnownHosts} from '../../../../src/lib/host/ssh/known-hosts.ts'

let folder = ''
const keys: Record<string, string> = {}
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'corral-known-'))
  for (const [name, type] of [['a', 'ed25519'], ['b', 'ed25519'], ['r', 'rsa'], ['e', 'ecdsa']] as const) {
    execFileSync('ssh-keygen', ['-q', '-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []), '-N', '', '-f', join(folder, name)])
    keys[name] = readFileSync(join(folder, `${name}.pub`), 'utf8').split(' ').slice(0, 2).join(' ')
  }
})
afterAll(() => { rmSync(folder, {recursive: true, force: true}) })

const wire = (name: string): Buffer => Buffer.from(keys[name]?.split(' ')[1] ?? '', 'base64')
const linesOf = (text: string) => readKnownHosts({path: 'known_hosts', text})
const judge = (text: string, key: string, ...names: string[]) => judgeHostKey(linesOf(text), names, wire(key))

/** The numbers of the lines that ssh-keygen finds for a name. */
function found(path: string, name: string): number[] {
  const {stdout} = spawnSync('ssh-keygen', ['-F', name, '-f', path], {encoding: 'utf8'})
  return [...stdout.matchAll(/found: line (\d+)/g)].map(([, line]) => Number(line))
}

test('finds the lines that ssh-keygen finds, plain and hashed', () => {
  const path = join(folder, 'known_hosts')
  const text = [
    `web ${keys['a']}`, `web,10.0.0.1 ${keys['r']}`, `[web]:2222 ${keys['b']}`, `*.example.org,!db.example.org ${keys['a']}`, '# web nothing', '', `@revoked web ${keys['e']}`,
    `@cert-authority *.corp ${keys['a']}`, `WEB2 ${keys['a']}`, `w?b ${keys['e']} with a comment`, ` \tdb ${keys['b']}`, `[10.0.0.1]:22 ${keys['b']}`,
  ].join('\n')
  writeFileSync(path, `${text}\n`)
  const names = ['web', 'WEB', '10.0.0.1', '[web]:2222', 'x.example.org', 'db.example.org', 'y.corp', 'web2', 'wob', 'db', 'nobody']
  const compare = (asked: readonly string[]) => {
    const lines = readKnownHosts({path, text: readFileSync(path, 'utf8')})
    for (const name of asked) {
      expect({name, lines: lines.filter(({hosts}) => namesHost(hosts, name.toLowerCase())).map(({line}) => line)}).toEqual({name, lines: found(path, name)})
    }
  }
  compare(names)
  spawnSync('ssh-keygen', ['-H', '-f', path])
  expect(readFileSync(path, 'utf8')).toContain('|1|')
  // Under a hash ssh-keygen looks for upper case as it is; ssh itself lowers names first, and so do we.
  compare(names.filter((name) => name === name.toLowerCase()))
})

test('writes lines that ssh-keygen finds', () => {
  const path = join(folder, 'ours')
  writeFileSync(path, [formatKnownHost('web', wire('a'), true), formatKnownHost('[web]:2222', wire('r'), true), formatKnownHost('db', wire('e'), false)].join(''))
  expect(found(path, 'web')).toEqual([1])
  expect(found(path, '[web]:2222')).toEqual([2])
  expect(found(path, 'db')).toEqual([3])
})

test('prints a fingerprint as ssh-keygen does', () => {
  for (const name of ['a', 'r', 'e']) expect(execFileSync('ssh-keygen', ['-l', '-f', join(folder, `${name}.pub`)], {encoding: 'utf8'})).toContain(` ${fingerprintOf(wire(name))} `)
})

describe('verdicts', () => {
  test('known, changed, unknown', () => {
    const text = `web ${keys['a']}\nweb ${keys['r']}\n`
    expect(judge(text, 'a', 'web').verdict).toBe('known')
    expect(judge(text, 'r', 'web').verdict).toBe('known')
    expect(judge(text, 'b', 'web')).toMatchObject({verdict: 'changed', where: {line: 1}})
    expect(judge(text, 'e', 'web')).toMatchObject({verdict: 'unknown', others: [{line: 1}, {line: 2}]})
    expect(judge(text, 'a', 'other').verdict).toBe('unknown')
  })
  test('revoked wins over known', () => {
    expect(judge(`web ${keys['a']}\n@revoked * ${keys['a']}\n`, 'a', 'web')).toMatchObject({verdict: 'revoked', where: {line: 2}})
    expect(judge(`@revoked db ${keys['a']}\nweb ${keys['a']}`, 'a', 'web').verdict).toBe('known')
  })
  test('a certificate authority is no key of the host', () => {
    expect(judge(`@cert-authority * ${keys['a']}`, 'a', 'web')).toMatchObject({verdict: 'unknown', authorities: [{line: 1}]})
  })
  test('another port: known by the plain name, changed only by its own', () => {
    const text = `web ${keys['a']}\n`
    expect(judge(text, 'a', '[web]:2222', 'web').verdict).toBe('known')
    expect(judge(text, 'b', '[web]:2222', 'web').verdict).toBe('unknown')
    expect(judge(`[web]:2222 ${keys['b']}\n${text}`, 'a', '[web]:2222', 'web').verdict).toBe('changed')
  })
  test('a type that does not fit its key, or no base64, is no line', () => {
    expect(linesOf(`web ssh-rsa ${keys['a']?.split(' ')[1]}\nweb ssh-ed25519 !!!\nweb ssh-ed25519 AAAA\n@other web ${keys['a']}\nweb`)).toEqual([])
  })
  test('names with ports, and types', () => {
    expect([knownHostName('Web', 22), knownHostName('::1', 2222)]).toEqual(['web', '[::1]:2222'])
    expect(knownKeyTypes(linesOf(`web ${keys['a']}\nweb ${keys['r']}\n@revoked web ${keys['e']}`), ['web'])).toEqual(['ssh-ed25519', 'ssh-rsa'])
  })
})

describe('a key that is looked at', () => {
  function policy(text: string | undefined, over: Partial<HostKeyPolicy> = {}): {path: string; policy: HostKeyPolicy} {
    const path = join(mkdtempSync(join(folder, 'home-')), '.ssh/known_hosts')
    if (text !== undefined) {
      mkdirSync(join(path, '..'), {recursive: true})
      writeFileSync(path, text)
    }
    return {path, policy: {host: 'web', port: 22, alias: undefined, userFiles: [path], globalFiles: [], strict: 'ask', isHashed: false, ...over}}
  }
  const failure = async (work: Promise<void>): Promise<AppError> => {
    const error: unknown = await work.then(() => undefined, (reason: unknown) => reason)
    if (!(error instanceof AppError)) throw new Error('it was taken')
    return error
  }

  test('changed: refused with file, line and how to remove it', async () => {
    const {path, policy: wishes} = policy(`# mine\nweb ${keys['a']}\n`)
    const error = await failure(hostKeyCheck(wishes).check(wire('b')))
    expect(error.kind).toBe('forbidden')
    expect(error.message).toMatch(/has changed/)
    expect(error.nextSteps.join('\n')).toContain(`${path}, line 2 has ${fingerprintOf(wire('a'))}`)
    expect(error.nextSteps.join('\n')).toContain(`ssh-keygen -f ${path} -R 'web'`)
  })
  test('unknown without a terminal: refused with the fingerprint, nothing written', async () => {
    const {path, policy: wishes} = policy(undefined)
    const error = await failure(hostKeyCheck(wishes).check(wire('a')))
    expect(error.nextSteps.join('\n')).toContain(fingerprintOf(wire('a')))
    expect(() => statSync(path)).toThrow()
  })
  test('unknown on a terminal: shown, asked, remembered in a private file', async () => {
    const shown: string[] = []
    const answers = ['what?', 'yes']
    const {path, policy: wishes} = policy(undefined, {isHashed: true, port: 2222, prompt: {
      ask: async (lines, question) => { shown.push(...lines, question); return answers.shift() }, askSecret: async () => undefined, notice: (line) => { shown.push(line) },
    }})
    await hostKeyCheck(wishes).check(wire('a'))
    expect(shown.join('\n')).toContain(`ED25519 key has the fingerprint ${fingerprintOf(wire('a'))}`)
    expect(found(path, '[web]:2222')).toEqual([1])
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(hostKeyCheck({...wishes, strict: 'yes'}).knownTypes).toEqual(['ssh-ed25519'])
    await hostKeyCheck({...wishes, strict: 'yes'}).check(wire('a'))
  })
  test('a file without a last line end is not spoilt', async () => {
    const {path, policy: wishes} = policy(`db ${keys['b']}`, {prompt: {ask: async () => fingerprintOf(wire('a')), askSecret: async () => undefined, notice: () => undefined}})
    await hostKeyCheck(wishes).check(wire('a'))
    expect(found(path, 'db')).toEqual([1])
    expect(found(path, 'web')).toEqual([2])
  })
  test('no, nothing and StrictHostKeyChecking yes refuse', async () => {
    for (const answer of ['no', undefined, 'SHA256:other']) {
      const {policy: wishes} = policy('', {prompt: {ask: async () => answer, askSecret: async () => undefined, notice: () => undefined}})
      expect((await failure(hostKeyCheck(wishes).check(wire('a')))).message).toMatch(/not accepted/)
    }
    const {policy: strict} = policy('', {strict: 'yes', prompt: {ask: async () => 'yes', askSecret: async () => undefined, notice: () => undefined}})
    expect((await failure(hostKeyCheck(strict).check(wire('a')))).message).toMatch(/not known/)
  })
  test('revoked, and known by an authority only', async () => {
    expect((await failure(hostKeyCheck(policy(`@revoked * ${keys['a']}\nweb ${keys['a']}`).policy).check(wire('a')))).message).toMatch(/revoked/)
    const error = await failure(hostKeyCheck(policy(`@cert-authority * ${keys['b']}`).policy).check(wire('a')))
    expect(error.nextSteps.join('\n')).toMatch(/host certificates are not supported/)
  })
  test('an alias stands for name and port', async () => {
    await hostKeyCheck(policy(`cluster ${keys['a']}`, {alias: 'Cluster', port: 2222}).policy).check(wire('a'))
  })
})
