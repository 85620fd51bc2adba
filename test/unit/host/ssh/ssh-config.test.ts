// The reading of OpenSSH's configuration, compared with the installed OpenSSH: `ssh -G` says what it makes of the same text.
import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {homedir, tmpdir, userInfo} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {includedFiles, readConfigFiles} from '../../../../src/lib/host/ssh/config-files.ts'
import {checkSupported, readSshConfig} from '../../../../src/lib/host/ssh/ssh-config.ts'
import type {SshConfig} from '../../../../src/lib/host/ssh/ssh-config.ts'
import {routeTo} from '../../../../src/lib/host/ssh/route.ts'

let folder = ''
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'corral-config-')) })
afterAll(() => { rmSync(folder, {recursive: true, force: true}) })

const localUser = userInfo().username

function read(text: string, host: string, over: {user?: string; port?: number} = {}): SshConfig {
  const path = join(folder, 'config')
  writeFileSync(path, text, {mode: 0o600})
  return readSshConfig({
    host, localUser, ...over, include: (pattern, from) => includedFiles(pattern, from, {home: homedir(), localUser}),
  }, readConfigFiles([{path, kind: 'user'}]))
}

/** What OpenSSH makes of the text that was read last. */
function openssh(host: string, over: {user?: string; port?: number} = {}): Map<string, string[]> {
  const words = ['-G', '-F', join(folder, 'config'), ...(over.user === undefined ? [] : ['-l', over.user]), ...(over.port === undefined ? [] : ['-p', String(over.port)]), '--', host]
  const said = new Map<string, string[]>()
  for (const line of execFileSync('ssh', words, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}).split('\n')) {
    const [key = '', ...rest] = line.split(' ')
    said.set(key, [...said.get(key) ?? [], rest.join(' ')])
  }
  return said
}

const defaultIdentity = /^~\/\.ssh\/id_/

/** The values of ours in the words of `ssh -G`. */
function inTheirWords(config: SshConfig): Record<string, unknown> {
  return {
    hostname: config.hostName, user: config.user ?? localUser, port: String(config.port ?? 22), identityfile: config.identityFiles,
    identitiesonly: config.identitiesOnly ? 'yes' : 'no', identityagent: config.identityAgent?.replace(/^~/, homedir()), proxyjump: config.proxyJump,
    hostkeyalias: config.hostKeyAlias, hashknownhosts: config.hashKnownHosts ? 'yes' : 'no',
    connecttimeout: config.connectTimeoutSeconds === undefined ? 'none' : String(config.connectTimeoutSeconds),
    addressfamily: config.addressFamily, strict: config.strictHostKeyChecking === 'yes',
  }
}

function theirs(said: Map<string, string[]>): Record<string, unknown> {
  const one = (key: string) => said.get(key)?.[0]
  const agent = one('identityagent')
  return {
    hostname: one('hostname'), user: one('user'), port: one('port'),
    identityfile: said.get('identityfile')?.filter((path) => !defaultIdentity.test(path)) ?? [],
    identitiesonly: one('identitiesonly'), identityagent: agent === 'SSH_AUTH_SOCK' ? undefined : agent, proxyjump: one('proxyjump'),
    hostkeyalias: one('hostkeyalias'), hashknownhosts: one('hashknownhosts'), connecttimeout: one('connecttimeout'),
    addressfamily: one('addressfamily'), strict: ['true', 'yes'].includes(one('stricthostkeychecking') ?? ''),
  }
}

interface Case { readonly what: string; readonly text: string; readonly hosts: readonly string[]; readonly user?: string; readonly port?: number }

const cases: readonly Case[] = [
  {what: 'nothing', text: '', hosts: ['web', 'WEB.Example.org', '10.0.0.1', 'fe80::1']},
  {what: 'the first value wins', text: 'Port 2201\nPort 2202\nUser ann\nHost *\n User bob\n Port 3', hosts: ['web']},
  {what: 'patterns, refusals and both orders', text: 'Host web? !web3 db*\n Port 2201\nHost !web* *\n Port 2202\nHost !web9\n User nobody-gets-this', hosts: ['web1', 'web3', 'web10', 'db', 'dbx', 'other']},
  {what: 'patterns heed upper case', text: 'Host WEB\n Port 5', hosts: ['web', 'WEB']},
  {what: 'a comma is no separator of Host', text: 'Host web,db\n Port 5', hosts: ['web', 'db']},
  {what: 'HostName with its tokens', text: 'Host a\n HostName %h.Example.ORG\nHost b\n HostName 100%%\nHost c\n HostName 10.1.2.3', hosts: ['a', 'b', 'c', 'd']},
  {what: 'keywords in any case, with = and tabs', text: 'HOST=web\n\tpOrT\t=\t2222\n  user = "ann"\r\n', hosts: ['web', 'other']},
  {what: 'quotes, backslashes and comments', text: 'IdentityFile "/a b"  # not this\nIdentityFile /c\\ d\nIdentityFile \'/e"f\'\nIdentityFile /g#h\n# Port 5\n   # Port 6\nUser "x\\"y"', hosts: ['web']},
  {what: 'several identity files, each once', text: 'IdentityFile ~/.ssh/a\nHost web\n IdentityFile %d/b\n IdentityFile ~/.ssh/a\nHost *\n IdentityFile ${HOME}/c', hosts: ['web', 'db']},
  {what: 'IdentitiesOnly and IdentityAgent', text: 'Host a\n IdentitiesOnly yes\n IdentityAgent none\nHost b\n IdentitiesOnly no\n IdentityAgent SSH_AUTH_SOCK\nHost *\n IdentitiesOnly yes\n IdentityAgent ~/agent', hosts: ['a', 'b', 'c']},
  {what: 'jumps', text: 'Host a\n ProxyJump none\nHost b\n ProxyJump u@j1:2222,j2\nHost *\n ProxyJump bastion', hosts: ['a', 'b', 'c']},
  {what: 'Match all and Match host', text: 'Match host web,db*\n Port 1\nMatch host !web*,*.org\n Port 2\nMatch all\n Port 3', hosts: ['web', 'db7', 'x.org', 'web.org', 'y']},
  {what: 'Match host looks at HostName, originalhost at the name', text: 'Host short\n HostName Long.Example.org\nMatch host *.example.org\n Port 4\nMatch originalhost short\n User ann', hosts: ['short', 'long.example.org', 'other']},
  {what: 'Match negated', text: 'Match !host web\n Port 9\nMatch !originalhost web user ann\n Port 8', hosts: ['web', 'db'], user: 'ann'},
  {what: 'Match user', text: 'Match user ann,bob\n Port 9\nHost *\n User bob\nMatch user bob\n IdentityFile /bob', hosts: ['web']},
  {what: 'Match user against the command line', text: 'User bob\nMatch user ann\n Port 9', hosts: ['web'], user: 'ann'},
  {what: 'Match localuser', text: `Match localuser ${localUser}\n Port 9\nMatch localuser nobody-here\n User x`, hosts: ['web']},
  {what: 'Match final looks again', text: 'Match final host *.example.org\n Port 9\nHost web\n HostName web.example.org\n User ann', hosts: ['web', 'db']},
  {what: 'Match canonical does not hold', text: 'Match canonical\n Port 9\nMatch canonical all\n Port 8', hosts: ['web']},
  {what: 'Match exec behind what does not hold', text: 'Match host nowhere exec "exit 0"\n Port 9', hosts: ['web']},
  {what: 'a block lasts to the next', text: 'Host web\nPort 5\nUser ann\nHost *\nPort 6', hosts: ['web', 'db']},
  {what: 'times', text: 'Host a\n ConnectTimeout 1m30\nHost b\n ConnectTimeout none\nHost c\n ConnectTimeout 2h\nHost *\n ConnectTimeout 7', hosts: ['a', 'b', 'c', 'd']},
  {what: 'names of keys', text: 'Host a\n HostKeyAlias Alias\nHost *\n HashKnownHosts yes\n StrictHostKeyChecking yes\n AddressFamily inet6', hosts: ['a', 'b']},
  {what: 'the command line wins', text: 'User ann\nPort 5', hosts: ['web'], user: 'bob', port: 7},
]

describe('compared with ssh -G', () => {
  for (const {what, text, hosts, ...over} of cases) {
    for (const host of hosts) {
      test(`${what}: ${host}`, () => {
        const ours = inTheirWords(read(text, host, over))
        expect(ours).toEqual(theirs(openssh(host, over)))
      })
    }
  }

  test('files that are included, relative and with wildcards, inside of blocks too', () => {
    const inner = join(folder, 'inner')
    mkdirSync(inner, {recursive: true})
    writeFileSync(join(inner, '1.conf'), 'Host web\n Port 11\n', {mode: 0o600})
    writeFileSync(join(inner, '2.conf'), 'User two\nHost db\n Port 12\n', {mode: 0o600})
    writeFileSync(join(inner, '.hidden.conf'), 'IdentityFile /hidden\n', {mode: 0o600})
    for (const text of [`Include ${inner}/*.conf\nIdentityFile /after`, `Host web\n Include "${inner}/2.conf"\n IdentityFile /in-web\nHost *\n Include ${inner}/?.conf ${inner}/absent`]) {
      for (const host of ['web', 'db', 'other']) expect(inTheirWords(read(text, host))).toEqual(theirs(openssh(host)))
    }
  })

  const broken = ['Port 0', 'Port 70000', 'Port == 33', 'User a b', 'ConnectTimeout soon', `ConnectTimeout ${'1'.repeat(31)}x`, 'StrictHostKeyChecking maybe', 'IdentityFile "a', 'Host', 'Match host',
    'Match all host web', 'UserKnownHostsFile none /a', 'HostName %x', 'Port', 'IdentitiesOnly maybe']
  for (const text of broken) {
    test(`both refuse: ${text}`, () => {
      expect(() => read(`\n${text}`, 'web')).toThrow(/line 2|token/)
      expect(() => openssh('web')).toThrow()
    })
  }

  test('known hosts files and several words', () => {
    const text = 'Host a\n UserKnownHostsFile /a/%h /b\nHost b\n UserKnownHostsFile none\n GlobalKnownHostsFile none'
    expect(read(text, 'a').userKnownHostsFiles).toEqual(['/a/%h', '/b'])
    expect(openssh('a').get('userknownhostsfile')).toEqual(['/a/a /b'])
    expect(routeTo({host: 'a'}, {env: {}, home: homedir(), configFiles: [{path: join(folder, 'config'), kind: 'user'}]})[0]?.userKnownHostsFiles).toEqual(['/a/a', '/b'])
    expect(read(text, 'b').userKnownHostsFiles).toEqual([])
    expect(openssh('b').get('userknownhostsfile')).toEqual(['none'])
    expect(read(text, 'b').globalKnownHostsFiles).toEqual([])
  })
})

describe('where we are stricter, or say that we cannot', () => {
  test('never takes a key without asking', () => {
    for (const value of ['no', 'off', 'accept-new', 'false', 'ask']) expect(read(`StrictHostKeyChecking ${value}`, 'web').strictHostKeyChecking).toBe('ask')
  })

  test.each([
    ['ProxyCommand nc %h %p', /proxycommand/], ['CanonicalizeHostname yes', /canonicalizehostname/], ['RevokedHostKeys /etc/ssh/revoked', /revokedhostkeys/],
  ])('%s is refused for the hosts that it is for', (text, reason) => {
    const config = `Host web\n ${text}`
    expect(() => { checkSupported('web', read(config, 'web')) }).toThrow(reason)
    expect(() => { checkSupported('db', read(config, 'db')) }).not.toThrow()
  })

  test('of ProxyJump and ProxyCommand the first decides', () => {
    expect(() => { checkSupported('web', read('ProxyJump a\nProxyCommand b', 'web')) }).not.toThrow()
    expect(read('ProxyCommand b\nProxyJump a', 'web').proxyJump).toBeUndefined()
  })

  test('Match exec is refused where it decides', () => {
    expect(() => read('Match host web exec "exit 0"\n Port 9', 'web')).toThrow(/config, line 1: Match exec/)
  })

  test('a line without a keyword, and what cannot be meant', () => {
    for (const text of ['=', 'Match !all']) expect(() => read(text, 'web')).toThrow(/line 1/)
  })

  test('a file that includes itself ends', () => {
    expect(() => read(`Include ${join(folder, 'config')}`, 'web')).toThrow(/16 deep/)
  })

  test('many lines and long ones end', () => {
    expect(() => read('#\n'.repeat(200_001), 'web')).toThrow(/lines/)
    expect(() => read(`User ${'x'.repeat(20_000)}`, 'web')).toThrow(/line 1: the line is longer/)
  })

  test('patterns full of stars are quick', () => {
    const started = performance.now()
    read(`Host ${'*a'.repeat(2000)}b\n Port 5`, 'a'.repeat(200))
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('a file that others can write is not trusted', () => {
    const path = join(folder, 'open')
    writeFileSync(path, 'Port 5')
    execFileSync('chmod', ['666', path])
    expect(() => readConfigFiles([{path, kind: 'user'}])).toThrow(/others/)
  })
})
