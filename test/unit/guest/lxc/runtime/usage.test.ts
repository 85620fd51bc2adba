import {expect, it} from 'vitest'
import {cpuSetLines} from '../../../../../src/lib/guest/lxc/commands/cpusets.handler.ts'
import {consoleArgv} from '../../../../../src/lib/guest/lxc/runtime/console.ts'
import {parseOwnGroups} from '../../../../../src/lib/guest/lxc/runtime/control-groups.ts'
import {interfaceBytes, ipv6Addresses, localAddresses} from '../../../../../src/lib/guest/lxc/runtime/usage.ts'
import {postStopHook} from '../../../../../src/lib/guest/lxc/runtime/watch.ts'

it('reads addresses and traffic from the tables of the kernel', () => {
  const trie = 'Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.98.0.0\n        /24 link UNICAST\n     |-- 10.98.0.1\n        /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\nLocal:\n     |-- 10.98.0.1\n        /32 host LOCAL\n'
  expect(localAddresses(trie)).toEqual(['10.98.0.1'])
  expect(ipv6Addresses('fd000000000000000000000000000005 02 40 00 80     eth0\nfe80000000000000be2411fffe12d369 02 40 20 80     eth0\n00000000000000000000000000000001 01 80 10 80       lo\nnonsense\n')).toEqual(['fd00::5'])
  expect(interfaceBytes('Inter-|   Receive\n face |bytes\n    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0\n  eth0:     486       5    0    0    0     0          0         0      392       4    0    0    0     0       0          0\n')).toEqual({netin: 486, netout: 392})
})

it('finds the group that LXC made, wherever the first process went', () => {
  expect([...parseOwnGroups('4:memory:/lxc.payload.200\n3:cpu,cpuacct:/a/lxc.payload.200-1/system.slice\n1:name=systemd:/lxc.payload.200/init.scope\n0::/lxc.payload.2001/x\n', 200)]).toEqual([
    ['memory', '/lxc.payload.200'], ['cpu', '/a/lxc.payload.200-1'], ['cpuacct', '/a/lxc.payload.200-1'],
  ])
})

it('draws processors in columns', () => {
  expect(cpuSetLines([])).toEqual(['no running containers'])
  expect(cpuSetLines([{vmid: 200, cpus: [0, 2]}, {vmid: 1000, cpus: [1, 10]}])).toEqual([
    '-----------------------------', ' 200: 0   2', '1000:   1                 10', '-----------------------------',
  ].map((line, index, all) => index === 0 || index === 3 ? '-'.repeat(Math.max(...all.slice(1, 3).map(({length}) => length))) : line))
})

it('opens the console that the configuration says', () => {
  const places = {root: undefined, runDir: '/run/corral'} as never
  expect(consoleArgv(places, 200, {}, '^b')).toEqual(['lxc-console', '-P', '/var/lib/lxc', '-n', '200', '-e', '^b'])
  expect(consoleArgv(places, 200, {cmode: 'console'}, '^a').slice(5, 7)).toEqual(['-t', '0'])
  expect(consoleArgv(places, 200, {cmode: 'shell'}, '^a')[0]).toBe('lxc-attach')
  expect(() => consoleArgv(places, 200, {cmode: 'console', console: '0'}, '^a')).toThrow('no console')
  expect(() => consoleArgv(places, 200, {tty: '0'}, '^a')).toThrow('no terminal')
})

it('quotes what LXC gives to a shell', () => {
  expect(postStopHook("/tmp/it's $HOME/200.reboot")).toMatch(/^env '\/.*\/libexec\/container-post-stop' '\/tmp\/it'\\''s \$HOME\/200\.reboot'$/)
})
