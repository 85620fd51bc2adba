// What the files on a drive for cloud-init say, sign for sign, and that nothing in a configuration can break out of them.
import {execFileSync} from 'node:child_process'
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {parse, stringify} from 'yaml'
import {InvalidInputError} from '../../../../../src/lib/base/index.ts'
import {driveFiles as filesWith, generatedText as textWith} from '../../../../../src/lib/guest/qemu/cloud-init/drive-files.ts'
import type {CustomFiles, DriveFiles, GeneratedPart} from '../../../../../src/lib/guest/qemu/cloud-init/drive-files.ts'
import {netmask} from '../../../../../src/lib/guest/qemu/cloud-init/network-text.ts'
import {readCloudInitSettings, readHostDns} from '../../../../../src/lib/guest/qemu/cloud-init/settings.ts'
import {scaledCount} from '../../../../support/rounds.ts'

const host = {nameservers: ['198.51.100.53'], searchDomains: ['host.example']}
const web = {
  name: 'web', ciuser: 'joe', cipassword: '$5$salt$hash', sshkeys: encodeURIComponent('ssh-ed25519 AAAA joe\nssh-rsa BBBB jim\n'), ipconfig0: 'ip=192.0.2.5/25,gw=192.0.2.1,ip6=2001:db8::5/64,gw6=2001:db8::1',
  ipconfig1: 'ip=dhcp,ip6=auto', net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0', net1: 'e1000=BC:24:11:00:00:02', net2: 'e1000=BC:24:11:00:00:03', ipconfig2: 'ip=manual', searchdomain: 'example.org lab.example.org', nameserver: '192.0.2.53 2001:db8::53',
}

const settings = (values: Readonly<Record<string, string>>) => readCloudInitSettings(100, values, host)
const driveFiles = (read: ReturnType<typeof settings>, custom: CustomFiles): DriveFiles => filesWith(read, custom, stringify)
const generatedText = (read: ReturnType<typeof settings>, part: GeneratedPart): string => textWith(read, part, stringify)

function filesOf(values: Readonly<Record<string, string>>, custom: CustomFiles = {}): Record<string, string> {
  return Object.fromEntries(driveFiles(settings(values), custom).files.map(({path, data}) => [path, data.toString('utf8')]))
}

describe('NoCloud', () => {
  it('has user data, network settings and metadata', () => {
    expect(driveFiles(settings(web), {}).label).toBe('cidata')
    const files = filesOf(web)
    expect(Object.keys(files)).toEqual(['user-data', 'network-config', 'meta-data'])
    expect(files['user-data']).toBe(`#cloud-config
hostname: "web"
manage_etc_hosts: true
fqdn: "web.example.org"
user: "joe"
password: "$5$salt$hash"
ssh_authorized_keys:
  - "ssh-ed25519 AAAA joe"
  - "ssh-rsa BBBB jim"
chpasswd:
  expire: false
users:
  - "default"
package_upgrade: true
`)
    expect(files['network-config']).toBe(`version: 1
config:
  - type: "physical"
    name: "eth0"
    mac_address: "bc:24:11:00:00:01"
    subnets:
      - type: "static"
        address: "192.0.2.5"
        netmask: "255.255.255.128"
        gateway: "192.0.2.1"
      - type: "static6"
        address: "2001:db8::5/64"
        gateway: "2001:db8::1"
  - type: "physical"
    name: "eth1"
    mac_address: "bc:24:11:00:00:02"
    subnets:
      - type: "dhcp4"
      - type: "ipv6_slaac"
  - type: "physical"
    name: "eth2"
    mac_address: "bc:24:11:00:00:03"
    subnets: []
  - type: "nameserver"
    address:
      - "192.0.2.53"
      - "2001:db8::53"
    search:
      - "example.org"
      - "lab.example.org"
`)
    expect(files['meta-data']).toMatch(/^instance-id: [0-9a-f]{40}\n$/)
  })

  it('is another instance when anything is told otherwise, and the same when nothing is', () => {
    const id = (values: Readonly<Record<string, string>>) => filesOf(values)['meta-data']
    expect(id(web)).toBe(id({...web}))
    for (const change of [{ciuser: 'x'}, {ipconfig0: 'ip=dhcp'}, {name: 'other'}, {sshkeys: 'ssh-rsa%20x'}, {ciupgrade: '0'}]) expect(id({...web, ...change})).not.toBe(id(web))
  })

  it('knows root, no upgrade, and the DNS settings of the host', () => {
    const files = filesOf({ciuser: 'root', ciupgrade: '0', net0: 'virtio=BC:24:11:00:00:01'})
    expect(files['user-data']).toBe('#cloud-config\nhostname: "VM100"\nmanage_etc_hosts: true\nfqdn: "VM100.host.example"\nuser: "root"\ndisable_root: false\nchpasswd:\n  expire: false\n')
    expect(parse(files['network-config'] ?? '')).toEqual({
      version: 1, config: [{type: 'physical', name: 'eth0', mac_address: 'bc:24:11:00:00:01', subnets: [{type: 'dhcp4'}]}, {type: 'nameserver', address: ['198.51.100.53'], search: ['host.example']}],
    })
  })

  it('takes files of the user\'s own as they are, byte for byte', () => {
    const binary = Buffer.from([0, 255, 10, 13, 128])
    const made = driveFiles(settings(web), {user: binary, network: Buffer.from('n'), meta: Buffer.from('m'), vendor: Buffer.from('v')})
    expect(made.files.map(({path, data}) => [path, data])).toEqual([['user-data', binary], ['network-config', Buffer.from('n')], ['meta-data', Buffer.from('m')], ['vendor-data', Buffer.from('v')]])
  })
})

describe('config drives', () => {
  it('have OpenStack\'s files', () => {
    const form = {...web, citype: 'configdrive2'}
    expect(driveFiles(settings(form), {}).label).toBe('config-2')
    const files = filesOf(form)
    expect(Object.keys(files)).toEqual(['openstack/latest/user_data', 'openstack/content/0000', 'openstack/latest/meta_data.json', 'openstack/latest/network_data.json'])
    expect(files['openstack/content/0000']).toBe(`auto lo
iface lo inet loopback

auto eth0
auto eth1
auto eth2

iface eth0 inet static
        address 192.0.2.5
        netmask 255.255.255.128
        gateway 192.0.2.1
        dns-nameservers 192.0.2.53 2001:db8::53
        dns-search example.org lab.example.org

iface eth0 inet6 static
        address 2001:db8::5
        netmask 64
        gateway 2001:db8::1

iface eth1 inet dhcp

iface eth1 inet6 auto

iface eth2 inet manual
`)
    expect(JSON.parse(files['openstack/latest/meta_data.json'] ?? '')).toEqual({uuid: expect.stringMatching(/^[0-9a-f]{40}$/) as unknown, network_config: {content_path: '/content/0000'}})
    expect(JSON.parse(files['openstack/latest/network_data.json'] ?? '')).toEqual({
      links: [1, 2, 3].map(n => ({id: `eth${n - 1}`, type: 'phy', ethernet_mac_address: `bc:24:11:00:00:0${n}`})),
      networks: [
        {id: 'eth0-0', link: 'eth0', type: 'ipv4', ip_address: '192.0.2.5', netmask: '255.255.255.128', routes: [{network: '0.0.0.0', netmask: '0.0.0.0', gateway: '192.0.2.1'}]},
        {id: 'eth0-1', link: 'eth0', type: 'ipv6', ip_address: '2001:db8::5/64', routes: [{network: '::', netmask: '::', gateway: '2001:db8::1'}]},
        {id: 'eth1-0', link: 'eth1', type: 'ipv4_dhcp'}, {id: 'eth1-1', link: 'eth1', type: 'ipv6_slaac'},
      ],
      services: [{type: 'dns', address: '192.0.2.53'}, {type: 'dns', address: '2001:db8::53'}],
    })
  })

  it('are what Windows gets, with its keys and without user data that it cannot read', () => {
    const files = filesOf({...web, ostype: 'win11'})
    expect(Object.keys(files)).not.toContain('openstack/latest/user_data')
    expect(JSON.parse(files['openstack/latest/meta_data.json'] ?? '')).toMatchObject({hostname: 'web', public_keys: {'key-0': 'ssh-ed25519 AAAA joe'}})
    expect(filesOf({...web, ostype: 'win11'}, {user: Buffer.from('x')})['openstack/latest/user_data']).toBe('x')
  })

  it('have no second word about the network beside a file of the user\'s own', () => {
    const files = filesOf({...web, citype: 'configdrive2'}, {network: Buffer.from('mine'), vendor: Buffer.from('{}')})
    expect(files).toMatchObject({'openstack/content/0000': 'mine', 'openstack/latest/vendor_data.json': '{}'})
    expect(Object.keys(files)).not.toContain('openstack/latest/network_data.json')
  })
})

describe('OpenNebula\'s context', () => {
  const context = (values: Readonly<Record<string, string>>) => filesOf({...values, citype: 'opennebula'})['context.sh'] ?? ''

  it('is assignments for a shell', () => {
    expect(driveFiles(settings({...web, citype: 'opennebula'}), {}).label).toBe('CONTEXT')
    const [userdata = '', ...lines] = context(web).trimEnd().split('\n').reverse()
    expect(lines.reverse().join('\n')).toBe(`# Context variables for OpenNebula's contextualisation and cloud-init
SET_HOSTNAME='web'
HOSTNAME='web'
USERNAME='joe'
CRYPTED_PASSWORD_BASE64='JDUkc2FsdCRoYXNo'
SSH_PUBLIC_KEY='ssh-ed25519 AAAA joe
ssh-rsa BBBB jim'
DNS='192.0.2.53 2001:db8::53'
SEARCH_DOMAIN='example.org lab.example.org'
ETH0_MAC='bc:24:11:00:00:01'
ETH0_IP='192.0.2.5'
ETH0_MASK='255.255.255.128'
ETH0_GATEWAY='192.0.2.1'
ETH0_IP6='2001:db8::5'
ETH0_IP6_PREFIX_LENGTH='64'
ETH0_IP6_GATEWAY='2001:db8::1'
ETH0_GATEWAY6='2001:db8::1'
ETH1_MAC='bc:24:11:00:00:02'
ETH1_METHOD='dhcp'
ETH1_IP6_METHOD='auto'
ETH2_MAC='bc:24:11:00:00:03'
USERDATA_ENCODING='base64'`)
    expect(Buffer.from(/^USERDATA='(.*)'$/.exec(userdata)?.[1] ?? '', 'base64').toString()).toBe(filesOf(web)['user-data'])
  })

  it('is read by a real shell as it was meant, whatever a key holds', () => {
    const key = 'ssh-rsa AAAA \'; touch /tmp/x; $(id) `id` "\\'
    const text = `${context({sshkeys: encodeURIComponent(key), ciuser: "o'neil"})}\nprintf '%s|%s' "$SSH_PUBLIC_KEY" "$USERNAME"`
    expect(execFileSync('sh', ['-c', text], {encoding: 'utf8'})).toBe(`${key}|o'neil`)
  })

  it('has no place for other files of the user\'s own', () => {
    expect(() => driveFiles(settings({citype: 'opennebula'}), {network: Buffer.from('x')})).toThrow("names a file for 'network'")
  })
})

describe('hostile settings', () => {
  it('are read back from the YAML as they are, whatever a user, a hash and a key hold', () => {
    const text = fc.string({unit: 'binary', minLength: 1, maxLength: 60}).map(value => value.replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, '').trim()).filter(value => value !== '')
    fc.assert(fc.property(text, text, text, (ciuser, cipassword, key) => {
      const read = parse(filesOf({ciuser, cipassword, sshkeys: encodeURIComponent(key)})['user-data'] ?? '', {version: '1.1'}) as Record<string, unknown>
      expect([read['user'], read['password'], read['ssh_authorized_keys']]).toEqual([ciuser, cipassword, [key]])
      expect(Object.keys(read).every(name => ['hostname', 'manage_etc_hosts', 'fqdn', 'user', 'disable_root', 'password', 'ssh_authorized_keys', 'chpasswd', 'users', 'package_upgrade'].includes(name))).toBe(true)
    }), {numRuns: scaledCount(200)})
  })

  it.each([
    ['name', 'web\nruncmd: [x]'], ['name', '../x'], ['name', 'a b'], ['ciuser', 'joe\u0000'], ['ciuser', 'joe\nroot'], ['sshkeys', '%'], ['sshkeys', 'ssh-rsa%00'], ['sshkeys', 'a%1B%5B2J'],
    ['searchdomain', "a'b"], ['nameserver', '$(id)'], ['citype', 'floppy'], ['ipconfig0', 'ip=999.1.1.1/24'], ['ipconfig0', 'gw=192.0.2.1'], ['sshkeys', 'k%0A'.repeat(1001)],
  ])('are refused by name: %s %j', (key, value) => {
    expect(() => settings({net0: 'virtio=BC:24:11:00:00:01', [key]: value})).toThrowError(InvalidInputError)
    expect(() => settings({net0: 'virtio=BC:24:11:00:00:01', [key]: value})).toThrowError(new RegExp(`'${key}'`))
  })

  it('take numbers and words of YAML for the texts that they are', () => {
    for (const word of ['yes', 'null', '1e3', '0x10', '12:30:45', '~', '!!python/object', '*a', '&a', '#']) {
      expect((parse(filesOf({ciuser: word})['user-data'] ?? '', {version: '1.1'}) as {user: unknown}).user).toBe(word)
    }
  })
})

describe('the host\'s resolvers', () => {
  it('are those that a guest can reach', () => {
    expect(readHostDns('# x\nnameserver 127.0.0.53\nnameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver $(x)\ndomain a.example\nsearch b.example c.example ;x\noptions edns0\n'))
      .toEqual({nameservers: ['192.0.2.1', '2001:db8::1'], searchDomains: ['b.example', 'c.example']})
    expect(readHostDns('')).toEqual({nameservers: [], searchDomains: []})
  })
})

it('masks of networks', () => {
  expect([0, 1, 8, 23, 24, 31, 32].map(netmask)).toEqual(['0.0.0.0', '128.0.0.0', '255.0.0.0', '255.255.254.0', '255.255.255.0', '255.255.255.254', '255.255.255.255'])
})

it('a dump shows what is generated', () => {
  expect(generatedText(settings(web), 'network')).toBe(filesOf(web)['network-config'])
  expect(generatedText(settings({...web, citype: 'configdrive2'}), 'network')).toContain('iface eth0 inet static')
  expect(generatedText(settings(web), 'meta')).toBe(filesOf(web)['meta-data'])
})
