// How network file systems are mounted, as argv, and what happens when their servers are away.
import {describe, expect, it} from 'vitest'
import {UnavailableError, systemClock} from '../../../../src/lib/base/index.ts'
import {fakeHost} from '../../../../src/lib/host/fake/index.ts'
import {cephfsMount} from '../../../../src/lib/storage/cephfs/mount.ts'
import {plugin as cifs} from '../../../../src/lib/storage/cifs/plugin.ts'
import {cifsMount} from '../../../../src/lib/storage/cifs/mount.ts'
import {mountAt} from '../../../../src/lib/storage/dir/mounts.ts'
import {glusterfsMount} from '../../../../src/lib/storage/glusterfs/mount.ts'
import {nfsMount} from '../../../../src/lib/storage/nfs/mount.ts'
import {plugin as nfs} from '../../../../src/lib/storage/nfs/plugin.ts'

const section = (type: string, options: Readonly<Record<string, unknown>>) => ({type, storage: 'nas', path: '/mnt/pve/nas', ...options})
const secret = {text: 'password=hunter2\n', path: '/run/corral/priv/storage/nas.pw'}

describe('the mount command', () => {
  it.each([
    [nfsMount(section('nfs', {server: 'nas.example.com', export: '/srv/vm'})), ['mount', '-t', 'nfs', '--', 'nas.example.com:/srv/vm', '/mnt/pve/nas']],
    [nfsMount({type: 'nfs', storage: 'b', server: '2001:db8::1', export: '/srv/vm/', options: 'vers=4.2,soft'}), ['mount', '-t', 'nfs', '-o', 'vers=4.2,soft', '--', '[2001:db8::1]:/srv/vm', '/mnt/pve/b']],
    [cifsMount(section('cifs', {server: '192.0.2.7', share: 'VMs'}), undefined), ['mount', '-t', 'cifs', '-o', 'soft,username=guest,guest', '--', '//192.0.2.7/VMs', '/mnt/pve/nas']],
    [
      cifsMount(section('cifs', {server: '192.0.2.7', share: 'VMs', username: 'bob', domain: 'OFFICE', smbversion: '3.11', subdir: '/a/b/', options: 'seal'}), secret),
      ['mount', '-t', 'cifs', '-o', 'soft,username=bob,credentials=/run/corral/priv/storage/nas.pw,domain=OFFICE,vers=3.11,seal', '--', '//192.0.2.7/VMs/a/b', '/mnt/pve/nas'],
    ],
    [
      glusterfsMount(section('glusterfs', {server: 'g1', server2: 'g2', volume: 'vms', transport: 'tcp'})),
      ['mount', '-t', 'glusterfs', '-o', 'backup-volfile-servers=g2,transport=tcp', '--', 'g1:vms', '/mnt/pve/nas'],
    ],
    [
      cephfsMount(section('cephfs', {monhost: '192.0.2.1 ::1', username: 'bob', 'fs-name': 'fast', subdir: '/x'}), secret),
      ['mount', '-t', 'ceph', '-o', 'name=bob,secretfile=/run/corral/priv/storage/nas.pw,fs=fast', '--', '192.0.2.1,[::1]:/x', '/mnt/pve/nas'],
    ],
    [
      cephfsMount(section('cephfs', {monhost: '192.0.2.1', fuse: true}), secret),
      ['ceph-fuse', '--id', 'admin', '-m', '192.0.2.1', '--keyfile', '/run/corral/priv/storage/nas.pw', '/mnt/pve/nas'],
    ],
  ])('%#: holds the section and no secret', (plan, argv) => {
    expect(plan.argv).toEqual(argv)
    expect(plan.argv.join(' ')).not.toContain('hunter2')
  })

  it.each([
    [() => nfsMount(section('nfs', {server: '-o x', export: '/a'})), 'server'],
    [() => nfsMount(section('nfs', {server: 'a', export: 'b'})), 'export'],
    [() => nfsMount(section('nfs', {server: 'a', export: '/b/../c'})), 'export'],
    [() => nfsMount(section('nfs', {server: 'a', export: '/b', options: '-o,x y'})), 'options'],
    [() => cifsMount(section('cifs', {server: 'a', share: 'x/../y'}), undefined), 'share'],
    [() => cifsMount(section('cifs', {server: 'a', share: 'x', username: 'a,uid=0'}), undefined), 'username'],
    [() => cifsMount(section('cifs', {server: 'a', share: 'x', domain: 'a\nb'}), undefined), 'domain'],
    [() => cifsMount(section('cifs', {server: 'a', share: 'x', smbversion: '1.0'}), undefined), 'smbversion'],
    [() => glusterfsMount(section('glusterfs', {volume: '--x'})), 'volume'],
    [() => cephfsMount(section('cephfs', {monhost: 'a;b c,-d'}), undefined), 'monhost'],
  ])('%#: is not made of a section that would change it', (make, field) => {
    expect(make).toThrow(expect.objectContaining({kind: 'invalid-input', fields: expect.objectContaining({[field]: expect.any(String) as string}) as object}) as Error)
  })

  it('takes for its own only what was mounted from there', () => {
    const plan = nfsMount(section('nfs', {server: 'a', export: '/b'}))
    expect(plan.isOurs({fsType: 'nfs4', source: 'a:/b'})).toBe(true)
    expect(plan.isOurs({fsType: 'nfs4', source: 'a:/c'})).toBe(false)
  })
})

describe('mountAt', () => {
  const mountinfo = [
    '36 35 98:0 / /mnt/a\\040b rw,noatime shared:1 master:2 - nfs4 nas:/x\\040y rw',
    '37 35 98:1 / /mnt/pve/nas rw - ext4 /dev/sda1 rw', '38 37 98:2 / /mnt/pve/nas rw - nfs nas:/vm rw,vers=3', 'rubbish', '',
  ].join('\n')
  it('finds the topmost mount of a path, with spaces as they are', () => {
    expect(mountAt(mountinfo, '/mnt/a b')).toEqual({fsType: 'nfs4', source: 'nas:/x y'})
    expect(mountAt(mountinfo, '/mnt/pve/nas')).toEqual({fsType: 'nfs', source: 'nas:/vm'})
    expect(mountAt(mountinfo, '/mnt')).toBeUndefined()
  })
})

const probeArgv = ['stat', '--file-system', '--format=%T', '--', '/mnt/pve/nas']

describe('a storage whose server is away', () => {
  const config = section('nfs', {server: 'nas', export: '/vm', content: 'images'})
  const mounted = {'/proc/self/mountinfo': '38 37 98:2 / /mnt/pve/nas rw - nfs nas:/vm rw\n', '/mnt/pve/nas/': ''}

  it('is not touched when it does not answer', async () => {
    const host = fakeHost({files: mounted, answers: [{argv: probeArgv, error: new UnavailableError('took longer than 5 s'), times: 3}]})
    const storage = nfs.open(config, host, systemClock)
    await expect(storage.list(['images'])).rejects.toMatchObject({kind: 'unavailable', message: "storage 'nas' does not answer: the NFS server nas is away"})
    await expect(storage.create({vmid: 100, format: 'raw', sizeBytes: 1024})).rejects.toMatchObject({kind: 'unavailable'})
    expect(await storage.usage()).toEqual({totalBytes: 0, usedBytes: 0, availableBytes: 0, isActive: false, reason: "storage 'nas' does not answer: the NFS server nas is away"})
    host.assertAllUsed()
  })

  it.each([
    [{stderr: 'mount.nfs: Connection timed out', exitCode: 32}, "storage 'nas' is not there: the NFS server nas cannot be mounted from"],
    [{stderr: 'mount.nfs: access denied by server while mounting nas:/vm', exitCode: 32}, "storage 'nas' is not there: the NFS server nas refuses to let us in"],
    [{stderr: 'mount: /mnt: bad option; you might need a /sbin/mount.<type> helper program. need a /sbin/mount.nfs', exitCode: 32}, "storage 'nas' cannot be used: this host cannot mount it"],
    [{error: new UnavailableError('too long')}, "storage 'nas' is not there: the NFS server nas does not answer"],
  ])('%#: says so when it cannot be mounted', async (answer, message) => {
    const host = fakeHost({files: {'/proc/self/mountinfo': ''}, answers: [{argv: ['mount', '-t', 'nfs', '--', 'nas:/vm', '/mnt/pve/nas'], ...answer}]})
    await expect(nfs.open(config, host, systemClock).activate()).rejects.toMatchObject({kind: 'unavailable', message})
    expect(await host.files.stat('/mnt/pve/nas')).toBeUndefined()
  })
})

describe('the password of a share', () => {
  it('is written to a private file before the share is mounted', async () => {
    const argv = ['mount', '-t', 'cifs', '-o', `soft,username=bob,credentials=${secret.path}`, '--', '//nas/vm', '/mnt/pve/nas']
    const host = fakeHost({files: {'/proc/self/mountinfo': '', '/run/corral/priv/': ''}, answers: [
      {argv, effect: async ({files}) => {
        expect(await files.readText(secret.path)).toBe(secret.text)
        expect((await files.stat(secret.path))?.mode).toBe(0o600)
      }},
      {argv: probeArgv},
    ]})
    await cifs.open(section('cifs', {server: 'nas', share: 'vm', username: 'bob', content: 'none'}), host, systemClock, secret).activate()
    host.assertAllUsed()
  })

  it('is kept in the form that mount.cifs reads', () => {
    expect(cifs.secret?.fileText('pass word,=')).toBe('password=pass word,=\n')
    expect(() => cifs.secret?.fileText('a\nuid=0')).toThrow(/line breaks/)
  })
})
