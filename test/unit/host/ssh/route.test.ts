// Which hosts a connection goes through, and what each is told to use.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {agentCommand} from '../../../../src/lib/host/ssh/agent-command.ts'
import {configuredTimeoutMs} from '../../../../src/lib/host/ssh/index.ts'
import {routeTo} from '../../../../src/lib/host/ssh/route.ts'
import {checkSshTarget, formatSshTarget, parseSshTarget} from '../../../../src/lib/host/ssh/target.ts'
import type {SshTarget} from '../../../../src/lib/host/ssh/types.ts'

let home = ''
beforeAll(() => { home = mkdtempSync(join(tmpdir(), 'corral-route-')) })
afterAll(() => { rmSync(home, {recursive: true, force: true}) })

function hops(text: string, target: SshTarget, env: Record<string, string> = {}) {
  const path = join(home, 'config')
  writeFileSync(path, text, {mode: 0o600})
  return routeTo(target, {env, home, configFiles: [{path, kind: 'user'}]})
}
const places = (text: string, target: SshTarget) => hops(text, target).map(({user, host, port}) => `${user}@${host}:${port}`)

test('the time that connecting may take is that of all hops, where the configuration says so', async () => {
  const path = join(home, 'config')
  const timeout = (text: string) => {
    writeFileSync(path, text, {mode: 0o600})
    return configuredTimeoutMs({host: 'far'}, {env: {}, home, configFiles: [{path, kind: 'user'}]})
  }
  expect(await timeout('Host far\n ConnectTimeout 40\n ProxyJump first\nHost first\n ConnectTimeout 5')).toBe(45_000)
  expect(await timeout('Host far\n ConnectTimeout none\nHost near\n ConnectTimeout 40')).toBeUndefined()
})

describe('jumps', () => {
  test('a chain, of which the first may have jumps of its own', () => {
    const text = 'User u\nHost far\n ProxyJump first,x@second:2222\nHost first\n HostName 10.0.0.1\n ProxyJump outer\nHost second\n ProxyJump not-asked'
    expect(places(text, {host: 'far'})).toEqual(['u@outer:22', 'u@10.0.0.1:22', 'x@second:2222', 'u@far:22'])
  })
  test('those of the target win, none too', () => {
    const text = 'User u\nHost far\n ProxyJump first'
    expect(places(text, {host: 'far', jump: []})).toEqual(['u@far:22'])
    expect(places(text, {host: 'far', jump: [{host: 'j'}]})).toEqual(['u@j:22', 'u@far:22'])
  })
  test('a circle is refused', () => {
    expect(() => places('User u\nProxyJump bastion', {host: 'far'})).toThrow(/lead back/)
    expect(() => places('User u\nHost a\n ProxyJump b\nHost b\n ProxyJump a', {host: 'a'})).toThrow(/lead back/)
  })
  test('a long chain is refused', () => {
    expect(() => places(`User u\nHost far\n ProxyJump ${Array.from({length: 12}, (_, index) => `j${index}`).join(',')}`, {host: 'far'})).toThrow(/more than 8/)
  })
  test('a jump that is no name is refused', () => {
    for (const jump of ['-oProxyCommand=x', 'a,,b', 'a:99999', 'u@-h']) expect(() => places(`ProxyJump ${jump}`, {host: 'far'})).toThrow(/jump hosts of 'far'/)
  })
})

describe('files and agents', () => {
  test('tokens, home and environment', () => {
    const [hop] = hops('Host web\n HostName 10.0.0.9\n User ann\n Port 2222\n IdentityFile ~/%r-%h-%p-%n\n IdentityFile ${KEYS}/%%\n UserKnownHostsFile %d/kh_%k', {host: 'web'}, {KEYS: '/keys'})
    expect(hop?.identityFiles).toEqual([`${home}/ann-10.0.0.9-2222-web`, '/keys/%'])
    expect(hop?.userKnownHostsFiles).toEqual([`${home}/kh_web`])
  })
  test('variables that every object seems to have are none', () => {
    for (const name of ['constructor', '__proto__', 'toString']) expect(() => hops(`IdentityFile /\${${name}}/x`, {host: 'web'}), name).toThrow(/no variable/)
    expect(hops('IdentityFile /a${b', {host: 'web'})[0]?.identityFiles).toEqual(['/a${b'])
  })
  test('defaults, none, and those of the target', () => {
    expect(hops('', {host: 'web'})[0]?.identityFiles).toEqual(['id_rsa', 'id_ecdsa', 'id_ed25519'].map((name) => `${home}/.ssh/${name}`))
    expect(hops('IdentityFile none', {host: 'web'})[0]?.identityFiles).toEqual([])
    expect(hops('IdentityFile /a', {host: 'web', identityFiles: ['~/b']})[0]?.identityFiles).toEqual([`${home}/b`])
  })
  test.each([
    ['', '/run/agent'], ['IdentityAgent none', undefined], ['IdentityAgent SSH_AUTH_SOCK', '/run/agent'], ['IdentityAgent $OTHER', '/run/other'],
    ['IdentityAgent ~/sock', '~/sock'], ['IdentityAgent $ABSENT', undefined],
  ])('the agent of "%s"', (text, socket) => {
    const [hop] = hops(text, {host: 'web'}, {SSH_AUTH_SOCK: '/run/agent', OTHER: '/run/other'})
    expect(hop?.agentSocket).toBe(socket?.replace('~', home))
  })
})

describe('names of hosts', () => {
  test.each([
    ['web', {host: 'web'}], ['root@web', {host: 'web', user: 'root'}], ['root@web:2222', {host: 'web', user: 'root', port: 2222}],
    ['fe80::1%eth0', {host: 'fe80::1%eth0'}], ['[::1]:22', {host: '::1', port: 22}], ['ssh://ann@web:22/', {host: 'web', user: 'ann', port: 22}],
    ['ann@corp@web', {host: 'web', user: 'ann@corp'}],
  ])('%s', (text, target) => {
    expect(parseSshTarget(text)).toEqual(target)
    expect(parseSshTarget(formatSshTarget(target))).toEqual(target)
  })
  test.each(['-oProxyCommand=reboot', '-web', 'root@-web', '-root@web', 'we b', 'web\n', 'web\0', 'web:0', 'web:-1', 'web:2 2', 'web:x', '', '@web', 'root@', 'a\u202eb', '$(reboot)', 'web;ls',
    '`x`', 'x'.repeat(300), '[::1', 'web/..', '\u001b]0;x\u0007'])('refuses %j', (text) => {
    expect(() => parseSshTarget(text)).toThrow(/must be/)
  })
  test('jumps of a target are looked at as well', () => {
    expect(() => checkSshTarget({host: 'web', jump: [{host: '-x'}]})).toThrow(/host '-x'/)
    expect(() => checkSshTarget({host: 'web', port: Number.NaN})).toThrow(/port/)
  })
  test('what the configuration makes of a name is looked at too', () => {
    expect(() => hops('HostName -oProxyCommand=x', {host: 'web'})).toThrow(/host '-oproxycommand=x'/)
    expect(() => hops('User -x', {host: 'web'})).toThrow(/user '-x'/)
  })
})

test('the agent is started by constant words', () => {
  expect(agentCommand('stdio', {needsSudo: false})).toBe('/usr/local/lib/corral/corral-agent --stdio')
  expect(agentCommand('terminal', {needsSudo: true})).toBe('sudo -n /usr/local/lib/corral/corral-agent --terminal')
  expect(agentCommand('stdio', {needsSudo: false, path: '/tmp/x_1/corral-agent'})).toBe('/tmp/x_1/corral-agent --stdio')
  for (const path of ['relative', '/a b', '/a;b', '/a$(x)', '/a\n', '/-x', '/../x', '', '/a//b', '/a/']) expect(() => agentCommand('stdio', {needsSudo: false, path})).toThrow(/path on a host/)
})
