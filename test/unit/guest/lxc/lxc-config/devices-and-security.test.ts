import {expect, it} from 'vitest'
import {deviceLines, devicesOf, nodeCommands, passedDevice} from '../../../../../src/lib/guest/lxc/lxc-config/devices.ts'
import {seccompText} from '../../../../../src/lib/guest/lxc/lxc-config/seccomp.ts'
import {securityLines} from '../../../../../src/lib/guest/lxc/lxc-config/security.ts'
import type {HostFacts} from '../../../../../src/lib/guest/lxc/facts/host-facts.ts'
import {idMapOf} from '../../../../../src/lib/guest/lxc/config/index.ts'

const map = idMapOf({values: {unprivileged: '1'}})
const numbers = {type: 'c', major: 10, minor: 229} as const

it('passes devices on by nodes of their own, with the owners of the container', () => {
  expect(devicesOf({dev10: '/dev/b', dev2: 'path=/dev//net/tun', memory: '5'})).toEqual([{key: 'dev2', path: '/dev/net/tun'}, {key: 'dev10', path: '/dev/b'}])
  for (const path of ['/etc/passwd', '/dev/../etc/passwd', '/dev/']) expect(() => devicesOf({dev0: path}), path).toThrow("'dev0'")
  const fuse = passedDevice('dev0', '/dev/fuse', '/dev/fuse,uid=5,mode=0600', numbers, map)
  expect(nodeCommands(fuse, '/place/dev0')).toEqual([['mknod', '--mode', '0600', '--', '/place/dev0', 'c', '10', '229'], ['chown', '--', '100005:100000', '/place/dev0']])
  expect(deviceLines([fuse], true, (key) => `/place/${key}`)).toEqual([['lxc.mount.entry', '/place/dev0 dev/fuse none bind,create=file 0 0']])
  expect(() => passedDevice('dev0', '/dev/fuse', '/dev/fuse,gid=70000', numbers, map)).toThrow('group 70000')
})

it('gives leave for a device where a container needs it, and takes writing away where that is asked for', () => {
  const device = (text: string) => passedDevice('dev0', '/dev/fuse', text, numbers, [])
  const rules = (text: string, isUnprivileged: boolean) => deviceLines([device(text)], isUnprivileged, () => '/x').filter(([key]) => key.startsWith('lxc.cgroup2')).map((line) => line.join(' = '))
  expect(rules('/dev/fuse', false)).toEqual(['lxc.cgroup2.devices.allow = c 10:229 rw'])
  expect(rules('/dev/fuse,deny-write=1', false)).toEqual(['lxc.cgroup2.devices.allow = c 10:229 r'])
  expect(rules('/dev/fuse,deny-write=1', true)).toEqual(['lxc.cgroup2.devices.deny = c 10:229 w'])
})

it('keeps keyctl from unprivileged containers, unless it is allowed', () => {
  expect(seccompText({}, true, '2\ndenylist\n[all]\nkexec_load errno 1\n')).toBe('2\ndenylist\n[all]\nkexec_load errno 1\nkeyctl errno 38\n')
  expect([seccompText({features: 'keyctl=1'}, true, '2\n'), seccompText({}, false, '2\n'), seccompText({}, true, undefined), seccompText({}, true, '1\nallowlist\n')]).toEqual([undefined, undefined, undefined, undefined])
})

it('lets AppArmor allow what a feature asks for', () => {
  const host: HostFacts = {hasAppArmor: true, isUnifiedCgroup: true, countsSwap: false, seccomp: undefined, commonConfig: '', usernsConfig: ''}
  const lines = securityLines({features: 'mount=nfs;cifs,fuse=1,nesting=1,force_rw_sys=1'}, {isUnprivileged: true, host, seccompPath: '/run/s'}).map((line) => line.join(' = '))
  expect(lines.slice(0, 6)).toEqual([
    'lxc.apparmor.profile = generated', 'lxc.apparmor.allow_nesting = 1', 'lxc.apparmor.raw = mount fstype=nfs,', 'lxc.apparmor.raw = mount fstype=cifs,', 'lxc.apparmor.raw = mount fstype=fuse,',
    'lxc.seccomp.profile = /run/s',
  ])
  expect(lines).not.toContain('lxc.mount.auto = sys:mixed')
})
