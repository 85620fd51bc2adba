// Named formats: what each takes and refuses, and that none of them can be made slow.
import {describe, expect, it} from 'vitest'
import {checkFormat, formatNames, splitList} from '../../../src/lib/spec/formats.ts'
import {cpuTimeMs} from '../../support/cpu-time.ts'
import {randomText} from '../../support/hostile-text.ts'
import {randomSource, scaledCount} from '../../support/rounds.ts'

const cases: Readonly<Record<string, {readonly good: readonly string[]; readonly bad: readonly string[]}>> = {
  'pve-configid': {good: ['aa', 'a0', 'a_', 'A-b'], bad: ['a', '1a', '_a', 'a+', 'aa\n', '', 'ä2']},
  'pve-vmid': {good: ['100', '999999999'], bad: ['99', '1000000000', '0100', '1e3', '-100', '0x64', '100 ', '']},
  'pve-vmid-list': {good: ['100', '100,101', '100;101 102', ''], bad: ['100,99', 'x']},
  'pve-node': {good: ['h1', 'a', 'web-1'], bad: ['-a', 'a-', 'a.b', 'a_b', 'x'.repeat(64), '../x', '']},
  'pve-storage-id': {good: ['local', 'local-lvm', 'a.b_c'], bad: ['a', '1a', 'a-', '-a', 'a/b', '../a', 'a b']},
  'pve-bridge-id': {good: ['vmbr0', 'br-lan', 'x'.repeat(15)], bad: ['x'.repeat(16), 'a b', 'a/b', '']},
  'pve-iface': {good: ['eth0', 'enp3s0', 'vmbr0.100'], bad: ['0eth', 'a', 'eth0;reboot']},
  'dns-name': {good: ['a', 'web1.example.com', '1a'], bad: ['-a', 'a..b', 'a b', 'a_b', `${'a.'.repeat(200)}a`, '']},
  'mac-addr': {good: ['BC:24:11:00:00:01', 'bc:24:11:aa:bb:cc'], bad: ['01:00:5e:00:00:01', 'BC:24:11:00:00', 'BC-24-11-00-00-01', 'BC:24:11:00:00:0G']},
  'mac-prefix': {good: ['BC:24:11', 'BC', 'BC:24:11:'], bad: ['01:00:5e', 'BC:24:11:00:00:01', '']},
  'ipv4': {good: ['0.0.0.0', '192.0.2.1'], bad: ['192.0.2', '192.0.2.256', '192.0.02.1', '0x7f.1']},
  'ipv6': {good: ['::', '2001:db8::1', '::ffff:192.0.2.1'], bad: ['2001:db8::1%eth0', '1::2::3', 'g::']},
  'ip': {good: ['192.0.2.1', '::1'], bad: ['localhost', '']},
  'address': {good: ['192.0.2.1', '::1', 'nas.example.com'], bad: ['1.2.3', 'a b', '-x', '-oProxyCommand=id']},
  'CIDR': {good: ['192.0.2.0/24', '2001:db8::/32', '0.0.0.0/0'], bad: ['192.0.2.0', '192.0.2.0/33', '192.0.2.0/024', '::/129', '1.2.3.4/24/8']},
  'CIDRv4': {good: ['10.0.0.0/8'], bad: ['::/0']},
  'CIDRv6': {good: ['::/0'], bad: ['10.0.0.0/8']},
  'ipv4mask': {good: ['255.255.255.0', '0.0.0.0', '255.255.255.255'], bad: ['255.0.255.0', '24']},
  'pve-ipv4-config': {good: ['dhcp', 'manual', '192.0.2.1/24'], bad: ['auto', '192.0.2.1']},
  'pve-ipv6-config': {good: ['auto', 'dhcp', 'manual', '2001:db8::1/64'], bad: ['2001:db8::1', 'static']},
  'pve-volume-id': {
    good: ['local:100/vm-100-disk-0.qcow2', 'local:iso/debian.iso'],
    bad: ['local', 'local:', 'local:../x', 'local:a/../b', 'local:/etc/passwd', ':x', 'local:a b', 'local:a//b', 'local:a\n'],
  },
  'pve-volume-id-or-qm-path': {good: ['none', 'cdrom', '/dev/sdb', 'local:8', 'local:0.5', 'local:iso/a.iso'], bad: ['/dev/../etc', 'x', 'local:']},
  'pve-volume-id-or-absolute-path': {good: ['/a/b', 'local:100/a.raw'], bad: ['a/b', 'none']},
  'pve-storage-path': {good: ['/', '/var/lib/vz'], bad: ['var', '/a/../b', '/a\nb', '']},
  'pve-storage-content-list': {good: ['images', 'iso,vztmpl', 'images iso'], bad: ['disk', 'images,disk']},
  'pve-storage-portal-dns': {good: ['nas:3260', '[2001:db8::1]:3260', '192.0.2.1'], bad: ['nas:99999', 'a b:1', '[x]:1']},
  'pve-tag-list': {good: ['a', 'a;b', 'web-1,x.y'], bad: ['-a', 'a,$b']},
  'pve-startup-order': {good: ['1', 'order=1', 'order=1,up=30,down=60', 'up=5'], bad: ['x', 'order=', '1,2', 'up=1,up=2', 'order=-1']},
  'pve-cpuset': {good: ['0', '0,5,8-11'], bad: ['8-5', 'a', '0,', '1-2-3']},
  'pve-phys-bits': {good: ['8', '64', 'host'], bad: ['7', '65', '0x8']},
  'pve-hotplug-features': {good: ['0', '1', 'disk,network'], bad: ['disks', '2']},
  'pve-qm-bootdev-list': {good: ['scsi0', 'scsi0;net0'], bad: ['cdrom', 'scsi']},
  'disk-size': {good: ['32G', '1024', '4.5M'], bad: ['32g', '-1G', '1e3', '99999999999T', 'G', '']},
  'urlencoded': {good: ['', 'a%20b', 'a-b_c'], bad: ['a b', '%2', 'ä']},
  'pve-upid': {
    good: ['UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam:'],
    bad: ['UPID:h1:C346:165A0CE4:68D7279C:qmstart:100:root@pam:', 'UPID:h1:0000C346:165A0CE4:68D7279C:qm/../x:100:root@pam:', ''],
  },
  'pve-userid': {good: ['root@pam', 'a.b@my-realm'], bad: ['root', '@pam', 'a b@pam', 'a:b@pam']},
  'pve-tokenid': {good: ['root@pam!backup'], bad: ['root@pam', 'root@pam!']},
  'email': {good: ['a.b+c~d-e@example.com'], bad: ['a,b@example.com', 'a@b c', 'a@@b']},
  'email-opt': {good: ['', 'a@example.com'], bad: ['a', '@']},
  'pve-ha-resource-or-vm-id': {good: ['100', 'vm:100', 'ct:101'], bad: ['lx:100', '99']},
  'storage-pair-list': {good: ['1', 'a1:b1', 'a1:b1,c1'], bad: ['a:b:c']},
}

describe('checkFormat', () => {
  for (const [name, {good, bad}] of Object.entries(cases)) {
    it(name, () => {
      for (const value of good) expect([value, checkFormat(name, value)]).toEqual([value, undefined])
      for (const value of bad) expect([value, checkFormat(name, value)]).toEqual([value, expect.any(String)])
    })
  }

  it('is told of a name that does not exist', () => {
    expect(() => checkFormat('pve-nonsense', 'x')).toThrow("no format 'pve-nonsense'")
    expect(() => checkFormat('constructor', 'x')).toThrow('no format')
    expect(() => checkFormat('__proto__-list', 'x')).toThrow('no format')
  })

  it('takes no time for hostile values', () => {
    const random = randomSource('formats')
    const repeated = ['a', 'a.', '1', '1,', 'a-', ':', '::', '0.', '/', '../', '%', '%2', 'a@', '=', 'order=1,', '1-', '1;', ' ', '\n', '-', 'a:b,']
    for (const name of formatNames) {
      for (const part of repeated) timed(name, `${part.repeat(2_000)}!`)
      for (let round = 0; round < scaledCount(20); round++) timed(name, randomText(random, 200))
    }
  })
})

/** Linear time leaves a wide margin here; backtracking would take seconds. */
function timed(name: string, value: string): void {
  const startedAt = cpuTimeMs()
  checkFormat(name, value)
  checkFormat(`${name}-list`, value)
  expect(cpuTimeMs() - startedAt, `${name} on ${value.slice(0, 20)}…`).toBeLessThan(500)
}

describe('splitList', () => {
  it('splits at commas, semicolons and white space', () => {
    expect(splitList('a,b;c  d\te')).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(splitList('')).toEqual([])
    expect(splitList(' , ')).toEqual([])
  })

  it('splits the old form at NUL alone', () => {
    expect(splitList('a b\0c,d')).toEqual(['a b', 'c,d'])
  })
})
