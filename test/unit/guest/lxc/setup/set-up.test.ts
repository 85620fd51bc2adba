// What a set-up leaves in the root file systems of distributions that the conformance suite does not try, and that doing it again changes nothing.
import {describe, expect, it} from 'vitest'
import {applySetup, detectDistribution, factsFor} from '../../../../../src/lib/guest/lxc/setup/index.ts'
import type {HostKey, Setup} from '../../../../../src/lib/guest/lxc/setup/setup.ts'
import type {FileTree} from '../../../../../src/lib/host/index.ts'
import {memoryTree} from '../../../../support/memory-tree.ts'

type Files = Parameters<typeof memoryTree>[0]

interface Wish {
  readonly files: Files
  readonly values?: Readonly<Record<string, string>>
  readonly zone?: {readonly name?: string; readonly data?: Buffer}
  readonly hostKeys?: readonly HostKey[]
}

async function made({files, values = {}, zone, hostKeys = []}: Wish): Promise<{tree: FileTree; warnings: string[]; ostype: string}> {
  const tree = memoryTree(files)
  const ostype = values['ostype'] ?? await detectDistribution(tree)
  const warnings: string[] = []
  const facts = {...await factsFor(ostype, 100, values, tree, {nameServers: ['192.0.2.53', '2001:db8::53'], searchDomains: []}), ...(zone === undefined ? {} : {zone}), today: 20_000, random: () => 0.5, uuid: () => '11111111-2222-3333-4444-555555555555'}
  const at: Setup = {tree, facts, owner: {uid: 0, gid: 0}, passwordHash: undefined, sshKeys: undefined, hostKeys, warn: (text) => warnings.push(text)}
  await applySetup(ostype, at, true)
  const after = await contents(tree)
  await applySetup(ostype, at, false)
  expect(await contents(tree)).toEqual(after)
  return {tree, warnings, ostype}
}

async function contents(tree: FileTree, folder = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of await tree.list(folder === '' ? '/' : folder)) {
    const path = `${folder}/${name}`
    const kind = (await tree.stat(path, {followLinks: false}))?.kind
    if (kind === 'directory') Object.assign(found, await contents(tree, path))
    else found[path] = kind === 'symlink' ? `-> ${String(await tree.readLink(path))}` : await tree.readText(path) ?? ''
  }
  return found
}

const networkdUnits: Files = {'usr/lib/systemd/systemd': '', 'usr/lib/systemd/systemd-networkd': '', 'usr/lib/systemd/system/systemd-networkd.service': '[Unit]\n'}
const static4 = 'name=eth0,ip=192.0.2.5/24,gw=192.0.2.1'

describe('the network of', () => {
  it('Ubuntu, Arch Linux and NixOS is that of systemd-networkd, which is enabled', async () => {
    const {tree, ostype} = await made({files: {...networkdUnits, 'etc/os-release': 'ID=ubuntu\nVERSION_ID="24.04"\n', 'etc/netplan/10-lxc.yaml': 'network: {}\n'}, values: {net0: static4, net1: 'name=eth1,ip=dhcp,ip6=dhcp', net2: 'name=eth2,ip6=2001:db8::5/64,gw6=2001:db8:1::1', net3: 'name=eth3'}})
    expect(ostype).toBe('ubuntu')
    const all = await contents(tree)
    expect(all['/etc/systemd/network/eth0.network']).toContain('[Network]\nDescription=eth0 as the configuration of the container has it\nDHCP=no\nIPv6AcceptRA=no\nAddress=192.0.2.5/24\nGateway=192.0.2.1\n')
    expect(all['/etc/systemd/network/eth1.network']).toMatch(/DHCP=yes\nIPv6AcceptRA=yes\n[^]*WithoutRA=solicit/)
    expect(all['/etc/systemd/network/eth2.network']).toContain('Address=2001:db8::5/64\n\n[Route]\nGateway=2001:db8:1::1\nGatewayOnLink=yes\n')
    expect(all['/etc/systemd/network/eth3.network']).toContain('[Link]\nRequiredForOnline=no\n')
    expect(all['/etc/systemd/system/multi-user.target.wants/systemd-networkd.service']).toBe('-> /usr/lib/systemd/system/systemd-networkd.service')
    expect(all['/etc/netplan/10-lxc.yaml']).toBeUndefined()
    for (const id of ['arch', 'nixos']) expect(Object.keys(await contents((await made({files: {...networkdUnits, 'etc/os-release': `ID=${id}\n`}, values: {net0: static4}})).tree))).toContain('/etc/systemd/network/eth0.network')
  })

  it('Ubuntu before netplan, and Debian with ifupdown, is in /etc/network/interfaces; Debian without it has networkd', async () => {
    for (const files of [{'etc/os-release': 'ID=ubuntu\nVERSION_ID="16.04"\n'}, {'etc/debian_version': 'trixie/sid\n', 'usr/sbin/ifup': '', ...networkdUnits}] as Files[]) {
      expect((await contents((await made({files, values: {net0: static4}})).tree))['/etc/network/interfaces']).toContain('iface eth0 inet static\n')
    }
    const {tree} = await made({files: {'etc/debian_version': '13.1\n', ...networkdUnits}, values: {net0: static4}})
    expect(await tree.stat('/etc/network/interfaces')).toBeUndefined()
    expect(await tree.readText('/etc/systemd/network/eth0.network')).toContain('Address=192.0.2.5/24')
  })

  it('a Debian that is to come is written as the newest', async () => {
    const {tree} = await made({files: {'etc/debian_version': 'forky/sid\n'}, values: {net0: static4}})
    expect(await tree.readText('/etc/network/interfaces')).toContain('\taddress 192.0.2.5/24\n')
  })

  it('openEuler, Fedora and AlmaLinux is NetworkManager\'s, or that of ifcfg files before', async () => {
    const {tree, ostype} = await made({files: {'etc/os-release': 'ID="openEuler"\nVERSION_ID="24.03"\n', 'etc/openEuler-release': 'openEuler release 24.03 (LTS)\n'}, values: {net0: 'name=eth0,ip=192.0.2.5/24,gw=198.51.100.1,ip6=auto'}})
    expect(ostype).toBe('centos')
    expect(await tree.readText('/etc/NetworkManager/system-connections/eth0.nmconnection')).toContain('[ipv4]\nmethod=manual\naddresses=192.0.2.5/24\ngateway=198.51.100.1\nroute1=198.51.100.1/32\ndns=192.0.2.53\n[ipv6]\nmethod=auto\ndns=2001:db8::53\n')
    expect((await tree.stat('/etc/NetworkManager/system-connections/eth0.nmconnection'))?.mode).toBe(0o600)
    const alma = await made({files: {'etc/os-release': 'ID="almalinux"\n', 'etc/redhat-release': 'AlmaLinux release 9.4 (Seafoam Ocelot)\n'}, values: {net0: `${static4},ip6=2001:db8::5/64,gw6=fe80::1`, net1: 'name=eth1,ip=198.51.100.5/32,gw=192.0.2.9'}})
    expect(await alma.tree.readText('/etc/sysconfig/network-scripts/ifcfg-eth0')).toContain('NETMASK=255.255.255.0\nGATEWAY=192.0.2.1\nIPV6INIT=yes\nIPV6_AUTOCONF=no\nIPV6ADDR=2001:db8::5/64\nIPV6_DEFAULTGW=fe80::1%eth0\n')
    expect(await alma.tree.readText('/etc/sysconfig/network-scripts/route-eth1')).toContain('192.0.2.9 dev eth1\ndefault via 192.0.2.9 dev eth1\n')
    const fedora = await made({files: {'etc/fedora-release': 'Fedora release 41 (Forty One)\n', ...networkdUnits}, values: {net0: 'name=eth0,ip=dhcp'}})
    expect(await fedora.tree.readText('/etc/systemd/network/eth0.network')).toContain('DHCP=ipv4\n')
  })

  it('Gentoo is that of netifrc, whose variables take no dash', async () => {
    const {tree} = await made({files: {'etc/gentoo-release': 'Gentoo Base System release 2.15\n', 'etc/conf.d/net': '# mine\n', 'etc/inittab': 'id:3:initdefault:\nc1:12345:respawn:/sbin/agetty --noclear 38400 tty1 linux\nc6:2345:respawn:/sbin/agetty 38400 tty6 linux\n'}, values: {net0: 'name=my-net,ip=192.0.2.5/32,gw=192.0.2.1', hostname: 'a.example.org', tty: '1'}})
    const all = await contents(tree)
    expect(all['/etc/conf.d/net']).toBe('# mine\n# --- BEGIN PVE ---\nconfig_my_net="192.0.2.5/32"\nroutes_my_net="192.0.2.1/32 dev my-net\ndefault via 192.0.2.1"\n# --- END PVE ---\n')
    expect(all['/etc/runlevels/default/net.my-net']).toBe('-> /etc/init.d/net.my-net')
    expect(all['/etc/conf.d/hostname']).toBe('hostname="a"\n')
    expect(all['/etc/inittab']).toBe('id:3:initdefault:\npf::powerwait:/sbin/halt\nc1:12345:respawn:/sbin/agetty 38400 tty1 linux\n')
  })
})

describe('terminals', () => {
  it('of systemd are LXC\'s, as many as are asked for', async () => {
    const unit = '[Service]\nExecStart=-/sbin/agetty --noclear - 9600\nTTYPath=/dev/pts/%I\nConditionPathExists=/dev/pts/%I\n'
    const files: Files = {'etc/debian_version': '13.1\n', 'usr/lib/systemd/systemd': '', 'usr/lib/systemd/system/container-getty@.service': unit, 'etc/systemd/system/getty.target.wants/container-getty@4.service': {link: '/usr/lib/systemd/system/container-getty@.service'}}
    const all = await contents((await made({files, values: {tty: '1'}})).tree)
    expect(all['/usr/lib/systemd/system/container-getty@.service']).toBe(unit.replaceAll('pts/%I', 'tty%I'))
    expect(Object.keys(all).filter((path) => path.includes('getty.target.wants'))).toEqual(['/etc/systemd/system/getty.target.wants/container-getty@1.service'])
  })

  it('of Alpine stand in busybox\'s inittab', async () => {
    const {tree} = await made({files: {'etc/alpine-release': '3.20.1\n', 'etc/inittab': '::sysinit:/sbin/openrc sysinit\ntty1::respawn:/sbin/getty 38400 tty1\ntty4::respawn:/sbin/getty 38400 tty4\n'}})
    expect(await tree.readText('/etc/inittab')).toBe('::sysinit:/sbin/openrc sysinit\ntty1::respawn:/sbin/getty 38400 tty1\ntty2::respawn:/sbin/getty 38400 tty2\n')
  })
})

describe('what a container has for itself', () => {
  it('the time zone is a link to its own file, else the zone of the host, else a warning', async () => {
    const own = await made({files: {'etc/debian_version': '12.4\n', 'etc/timezone': 'Etc/UTC\n', 'usr/share/zoneinfo/Europe/Vienna': 'TZif'}, zone: {name: 'Europe/Vienna', data: Buffer.from('TZif of the host')}})
    expect(await own.tree.readLink('/etc/localtime')).toBe('/usr/share/zoneinfo/Europe/Vienna')
    expect(await own.tree.readText('/etc/timezone')).toBe('Europe/Vienna\n')
    const host = await made({files: {'etc/alpine-release': '3.20.1\n', 'etc/localtime': {link: '/nowhere'}}, zone: {name: 'Europe/Vienna', data: Buffer.from('TZif of the host')}})
    expect(await host.tree.readText('/etc/localtime')).toBe('TZif of the host')
    expect((await made({files: {'etc/alpine-release': '3.20.1\n'}, zone: {name: 'Mars/Base'}})).warnings.join()).toContain('time zone Mars/Base')
  })

  it('SSH host keys and the machine\'s number are new', async () => {
    const {tree} = await made({
      files: {'etc/debian_version': '12.4\n', 'usr/lib/systemd/systemd': '', 'etc/machine-id': `${'a'.repeat(32)}\n`, 'var/lib/dbus/machine-id': 'x', 'etc/ssh/ssh_host_dsa_key': 'old', 'etc/ssh/ssh_host_rsa_key': 'old', 'etc/ssh/sshd_config': 'kept'},
      values: {hostname: 'web'}, hostKeys: [{type: 'rsa', secret: 'SECRET', open: 'ssh-rsa AAAA \n'}],
    })
    expect(await tree.list('/etc/ssh')).toEqual(['ssh_host_rsa_key', 'ssh_host_rsa_key.pub', 'sshd_config'])
    expect(await tree.readText('/etc/ssh/ssh_host_rsa_key.pub')).toBe('ssh-rsa AAAA root@web\n')
    expect((await tree.stat('/etc/ssh/ssh_host_rsa_key'))?.mode).toBe(0o600)
    expect(await tree.readText('/etc/machine-id')).toBe('')
    expect(await tree.stat('/var/lib/dbus/machine-id')).toBeUndefined()
  })

  it('nothing is touched that is marked, nor anything of an unmanaged container', async () => {
    const {tree} = await made({files: {'etc/debian_version': '12.4\n', 'etc/hostname': 'mine\n', 'etc/.pve-ignore.hostname': ''}, values: {hostname: 'other'}})
    expect(await tree.readText('/etc/hostname')).toBe('mine\n')
    const unmanaged = await made({files: {'etc/strange': ''}, values: {ostype: 'unmanaged', hostname: 'other', net0: static4}})
    expect(Object.keys(await contents(unmanaged.tree))).toEqual(['/etc/strange'])
  })
})
