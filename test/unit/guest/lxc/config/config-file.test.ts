import {expect, it} from 'vitest'
import {readFileSync, existsSync} from 'node:fs'
import {resolve} from 'node:path'
import {formatLxcConfig, idMapOf, lxcConfigParams, mountPoints, parseLxcConfig, readMountPoint, readNet, refuseUnsupportedKeys, hostId, unsupportedKeys} from '../../../../../src/lib/guest/lxc/config/index.ts'

const file = `#Main server%3A web
arch: amd64
env: A=1\0B=two words
features: nesting=1
hostname: ct1
mp0: local:100/vm-100-disk-1.raw,mp=/srv/data,backup=1,size=4G
mp10: /srv/shared,mp=/mnt/shared,ro=1
net0: bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,name=eth0,type=veth
rootfs: local:100/subvol-100-disk-0.subvol,size=0T
unprivileged: 1
lxc.idmap: u 0 100000 1000
lxc.idmap: g 0 100000 1000
lxc.cgroup2.devices.allow: c 10:200 rwm

[pve:pending]
#other notes
delete: mp10
memory: 1024

[before]
hostname: ct1
parent: first
rootfs: local:100/subvol-100-disk-0.subvol,size=0T
snaptime: 1737548747
lxc.idmap: u 0 200000 1000

[first]
hostname: ct0
rootfs: local:100/subvol-100-disk-0.subvol,size=0T
snaptime: 1737548700
`

it('keeps a file with raw lines, waiting changes and snapshots byte for byte', () => {
  const config = parseLxcConfig(file)
  // The store takes no NUL; what it has in their place is read as well.
  expect(formatLxcConfig(config)).toBe(file.replaceAll('\0', '\u001f'))
  expect(parseLxcConfig(formatLxcConfig(config))).toEqual(config)
  expect(config.current.raw).toEqual([['lxc.idmap', 'u 0 100000 1000'], ['lxc.idmap', 'g 0 100000 1000'], ['lxc.cgroup2.devices.allow', 'c 10:200 rwm']])
  expect(config.snapshots['before']?.raw).toEqual([['lxc.idmap', 'u 0 200000 1000']])
  expect(config.current.values['env']).toBe('A=1\0B=two words')
  expect(formatLxcConfig(parseLxcConfig('rootfs: a:b\nlxc.cap.drop = mknod\n'))).toBe('rootfs: a:b\nlxc.cap.drop: mknod\n')
})

it('refuses what would become something else', () => {
  expect(() => parseLxcConfig('hostname: a\0b\n')).toThrow('control characters')
  expect(() => parseLxcConfig('lxc.idmap u 0\n')).toThrow("is not 'key: value'")
  const raw = (value: string) => ({current: {values: {}, raw: [['lxc.hook.start', value] as const]}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}})
  expect(() => formatLxcConfig(raw('a\nlxc.hook.stop: b'))).toThrow('line breaks')
})

it('reads mount points in the order in which they are mounted', () => {
  const {values} = parseLxcConfig(file).current
  expect(mountPoints(values).map(({key, type, path}) => [key, type, path])).toEqual([['rootfs', 'volume', '/'], ['mp0', 'volume', '/srv/data'], ['mp10', 'bind', '/mnt/shared']])
  expect(readMountPoint('mp1', '/dev/vdb,mp=//a/./b/,mountoptions=noatime;nosuid')).toMatchObject({type: 'device', path: '/a/b', options: ['noatime', 'nosuid']})
  expect(() => readMountPoint('mp1', 'local:8,mp=/a/../../etc')).toThrow("must not hold '..'")
  expect(() => readMountPoint('mp1', 'local:8,mp=/')).toThrow('below /')
  expect(() => readMountPoint('mp1', 'local:8')).toThrow("'mp1'")
})

it('reads an interface', () => {
  expect(readNet('net0', 'name=eth0,bridge=vmbr0,ip=192.0.2.5/24,gw=192.0.2.1')).toMatchObject({index: 0, name: 'eth0', ip: '192.0.2.5/24'})
  expect(() => readNet('net0', 'bridge=vmbr0')).toThrow('name')
  expect(() => readNet('net32', 'name=eth0')).toThrow('is not a network interface')
})

it('maps users', () => {
  const usual = idMapOf({values: {unprivileged: '1'}})
  expect([hostId(usual, 'u', 0), hostId(usual, 'g', 65_535), hostId(usual, 'u', 65_536), hostId([], 'u', 7)]).toEqual([100_000, 165_535, undefined, 7])
  for (const line of ['u 0 100000', 'x 0 1 1', 'u 0 4294967290 100', 'u -1 0 5', 'u 0 0 0']) expect(() => idMapOf({values: {}, raw: [['lxc.idmap', line]]}), line).toThrow('is not a range')
})

it('refuses by name what is not carried out', () => {
  expect(() => { refuseUnsupportedKeys(parseLxcConfig('net0: name=eth0,firewall=1\nrootfs: a:b,quota=0\n').current) }).toThrow("'net0.firewall'")
  expect(() => { refuseUnsupportedKeys(parseLxcConfig('lxc.frobnicate: 1\n').current) }).toThrow("'lxc.frobnicate'")
  const asked = 'cores: 2\ndev0: /dev/fuse\nfeatures: mknod=1,nesting=1,mount=nfs;cifs\nhookscript: local:snippets/hook\nnet0: name=eth0,rate=10\nrootfs: a:b,quota=1\ntimezone: host\n'
  // Privileged ones may make nodes and set quotas anyway.
  expect(unsupportedKeys(parseLxcConfig(asked).current)).toEqual([])
  expect(unsupportedKeys(parseLxcConfig(`${asked}unprivileged: 1\n`).current).map(({key}) => key)).toEqual(['features.mknod', 'rootfs.quota'])
  expect(unsupportedKeys(parseLxcConfig('features: mknod=0,keyctl=1\nnet0: name=eth0,rate=0\n').current)).toEqual([])
  expect(() => { refuseUnsupportedKeys(parseLxcConfig(file).current) }).not.toThrow()
})

const surface = resolve(import.meta.dirname, '../../../../../../shared/pve-surface/config.json')

it.runIf(existsSync(surface))('has every key of Proxmox VE with its sub-properties and ranges', () => {
  const {options} = (JSON.parse(readFileSync(surface, 'utf8')) as Record<string, {options: Record<string, {type: string; min?: number; max?: number; subProperties?: {name: string}[]}>}>)['pct.conf'] ?? {options: {}}
  expect(Object.keys(lxcConfigParams).sort()).toEqual(Object.keys(options).sort())
  for (const [key, facts] of Object.entries(options)) {
    const schema = (lxcConfigParams as Record<string, {type: string; minimum?: number; maximum?: number; format?: unknown}>)[key]
    expect([key, schema?.type, schema?.minimum, schema?.maximum]).toEqual([key, facts.type, facts.min, facts.max])
    if (facts.subProperties !== undefined && key !== 'startup') expect(Object.keys(schema?.format as object).sort(), key).toEqual(facts.subProperties.map(({name}) => name).sort())
  }
})
