import {expect, it} from 'vitest'
import {parseLxcConfig} from '../../../../../src/lib/guest/lxc/config/index.ts'
import {buildLxcConfig, lxcConfigText} from '../../../../../src/lib/guest/lxc/lxc-config/build-lxc-config.ts'
import type {HostFacts} from '../../../../../src/lib/guest/lxc/facts/host-facts.ts'

const plain: HostFacts = {hasAppArmor: false, isUnifiedCgroup: false, countsSwap: true, seccomp: undefined, commonConfig: '/c/common.conf', usernsConfig: '/c/userns.conf'}

function built(conf: string, host: Partial<HostFacts> = {}): string[] {
  const lines = buildLxcConfig(parseLxcConfig(conf).current, {
    vmid: 200, host: {...plain, ...host}, rootfs: '/var/lib/lxc/200/rootfs', placeOf: (key) => `/var/lib/lxc/200/${key}`, bridgeMtus: {vmbr0: 1500}, postStopHook: 'env hook', devices: [], cpus: undefined, seccompPath: undefined,
  })
  return lxcConfigText(lines).trimEnd().split('\n')
}

it('makes the configuration of an unprivileged container with a mount point and two interfaces', () => {
  expect(built('hostname: web\nmemory: 1024\nswap: 0\ncpulimit: 1.5\nunprivileged: 1\nrootfs: local:200/a.raw\nmp0: local:200/b.raw,mp=/srv/my data,ro=1\nnet0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp\nnet1: name=lan,bridge=vmbr0,link_down=1,mtu=9000\ntty: 4\nentrypoint: /bin/app --x\nenv: A=1\0B=two words\n')).toEqual([
    'lxc.include = /c/common.conf', 'lxc.include = /c/userns.conf', 'lxc.arch = x86_64', 'lxc.uts.name = web', 'lxc.rootfs.path = dir:/var/lib/lxc/200/rootfs',
    'lxc.idmap = u 0 100000 65536', 'lxc.idmap = g 0 100000 65536', 'lxc.apparmor.profile = unconfined', 'lxc.mount.auto = sys:mixed',
    'lxc.init.cmd = /bin/app --x', 'lxc.environment = A=1', 'lxc.environment = B=two words', 'lxc.tty.max = 4', 'lxc.environment = TERM=linux',
    'lxc.cgroup.memory.limit_in_bytes = 1073741824', 'lxc.cgroup.memory.memsw.limit_in_bytes = 1073741824', 'lxc.cgroup.cpu.cfs_period_us = 100000', 'lxc.cgroup.cpu.cfs_quota_us = 150000', 'lxc.cgroup.cpu.shares = 1024',
    'lxc.mount.entry = /var/lib/lxc/200/mp0 srv/my\\040data none rbind,ro 0 0',
    'lxc.net.0.type = veth', 'lxc.net.0.veth.pair = veth200i0', 'lxc.net.0.name = eth0', 'lxc.net.0.link = vmbr0', 'lxc.net.0.hwaddr = BC:24:11:00:00:01', 'lxc.net.0.mtu = 1500',
    'lxc.net.1.type = veth', 'lxc.net.1.veth.pair = veth200i1', 'lxc.net.1.name = lan', 'lxc.net.1.mtu = 9000', 'lxc.hook.post-stop = env hook',
  ])
})

it('gives limits to control groups of version 2, profiles to AppArmor, and raw lines the last word', () => {
  const lines = built('rootfs: local:200/a.raw,ro=1\nfeatures: nesting=1,fuse=1\ncpuunits: 50\nlxc.idmap: u 0 5000 10\nlxc.idmap: g 0 5000 10\nlxc.cap.drop: mknod\n', {hasAppArmor: true, isUnifiedCgroup: true})
  expect(lines).toEqual(expect.arrayContaining([
    'lxc.include = /c/userns.conf', 'lxc.apparmor.profile = generated', 'lxc.apparmor.allow_nesting = 1', 'lxc.cgroup2.memory.max = 536870912', 'lxc.cgroup2.cpu.weight = 50',
    'lxc.rootfs.options = ro', 'lxc.net.0.type = empty', 'lxc.mount.entry = /dev/fuse dev/fuse none bind,create=file 0 0',
  ]))
  expect(lines.slice(-3)).toEqual(['lxc.idmap = u 0 5000 10', 'lxc.idmap = g 0 5000 10', 'lxc.cap.drop = mknod'])
  expect(lines.filter((line) => line.startsWith('lxc.idmap'))).toHaveLength(2)
})

it('lets no value become another line', () => {
  expect(() => lxcConfigText([['lxc.uts.name', 'a\nlxc.hook.start = /bin/sh']])).toThrow('control characters')
  expect(() => built('rootfs: a:b\nenv: A=1\0=x\n')).toThrow("'env'")
})
