// What a volume is mounted with beside what its mount point asks for, and what it takes from the folder that it hides.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import type {MountSpace, RunResult} from '../../../../../src/lib/host/index.ts'
import {localHost} from '../../../../../src/lib/host/local/local-host.ts'
import {readMountPoint} from '../../../../../src/lib/guest/lxc/config/index.ts'
import {withNeededOptions} from '../../../../../src/lib/guest/lxc/mount-space/file-system-options.ts'
import {mountArgv} from '../../../../../src/lib/guest/lxc/mount-space/mount-argv.ts'
import {deviceLines} from '../../../../../src/lib/guest/lxc/lxc-config/devices.ts'
import {quotaDevices} from '../../../../../src/lib/guest/lxc/runtime/quota-devices.ts'
import {takeAttributes} from '../../../../../src/lib/guest/lxc/mount-space/take-attributes.ts'

it('xfs is mounted beside another with the same identity; others, folders and what is not there are mounted as they are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'corral-mounting-'))
  onTestFinished(() => { rmSync(folder, {recursive: true}) })
  const [xfs, ext4] = [join(folder, 'xfs.raw'), join(folder, 'ext4.raw')]
  writeFileSync(xfs, Buffer.concat([Buffer.from('XFSB'), Buffer.alloc(4096)]))
  writeFileSync(ext4, Buffer.alloc(4096))
  const point = readMountPoint('mp0', 'local:100/x.raw,mp=/srv,acl=1,mountoptions=noatime;nodev,ro=1')
  const argv = async (source: string, kind: 'file' | 'directory') => mountArgv(source, kind, '/place', await withNeededOptions(point, source, kind, localHost('h1')))
  expect(await argv(xfs, 'file')).toEqual(['mount', '-o', 'loop,noatime,nodev,nouuid,ro,acl', '--', xfs, '/place'])
  expect(await argv(ext4, 'file')).toEqual(['mount', '-o', 'loop,noatime,nodev,ro,acl', '--', ext4, '/place'])
  expect((await argv(join(folder, 'none'), 'file')).join(' ')).not.toContain('nouuid')
  expect(await argv(folder, 'directory')).toEqual(['mount', '--bind', '-o', 'noatime,nodev,ro', '--', folder, '/place'])
})

it('quotas are asked of the kernel in the words of the file system, and of folders not at all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'corral-quotas-'))
  onTestFinished(() => { rmSync(folder, {recursive: true}) })
  const [xfs, ext4] = [join(folder, 'xfs.raw'), join(folder, 'ext4.raw')]
  writeFileSync(xfs, Buffer.concat([Buffer.from('XFSB'), Buffer.alloc(4096)]))
  writeFileSync(ext4, Buffer.alloc(4096))
  const options = async (source: string, kind: 'file' | 'directory', more = '') => mountArgv(source, kind, '/place', await withNeededOptions(readMountPoint('mp0', `local:100/x.raw,mp=/srv,quota=1${more}`), source, kind, localHost('h1')))[2]
  expect(await options(ext4, 'file')).toBe('loop,usrjquota=aquota.user,grpjquota=aquota.group,jqfmt=vfsv0')
  expect(await options(xfs, 'file')).toBe('loop,nouuid,usrquota,grpquota')
  expect(await options(ext4, 'file', ',ro=1')).toBe('loop,ro')
  await expect(options(folder, 'directory')).rejects.toThrow('mp0 is a folder and has no quotas of its own')
})

it('quotas are named to the kernel by the device of the file system, which is not to be written', async () => {
  const answers: Readonly<Record<string, string>> = {findmnt: '/dev/loop7\n', stat: 'block special file|7|7\n'}
  const space: MountSpace = {run: async ([program = '']) => ({stdout: answers[program] ?? '', stderr: '', exitCode: 0}), pathOf: (path) => path, close: async () => undefined}
  const points = ['rootfs:local:1/a.raw,quota=1', 'mp0:local:1/b.raw,mp=/a,quota=1,ro=1', 'mp1:local:1/c.raw,mp=/b'].map((text) => readMountPoint(text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)))
  const devices = await quotaDevices(points, (key) => `/${key}`, space, new AbortController().signal)
  expect(deviceLines(devices, false, (key) => `/place/${key}`)).toEqual([
    ['lxc.mount.entry', '/place/quota-rootfs dev/loop7 none bind,create=file 0 0'], ['lxc.cgroup.devices.allow', 'b 7:7 r'], ['lxc.cgroup2.devices.allow', 'b 7:7 r'],
  ])
})

it.each([['100000:100000 755', [['chown', '--no-dereference', '100033:100033', '--', '/mp0'], ['chmod', '2775', '--', '/mp0']]], ['100000:100000 700', []], ['100001:100000 755', []]])(
  'keepattrs: a volume whose root is %s', async (state, changes) => {
    const done: (readonly string[])[] = []
    const answer = async (argv: readonly string[]): Promise<RunResult> => {
      if (argv[0] === 'stat') return {stdout: `${state}\n`, stderr: '', exitCode: 0}
      done.push(argv)
      return {stdout: '', stderr: '', exitCode: 0}
    }
    const space: MountSpace = {run: answer, pathOf: (path) => path, close: async () => undefined}
    await takeAttributes('/mp0', {mode: 0o42775, uid: 100033, gid: 100033}, {uid: 100000, gid: 100000}, space)
    expect(done).toEqual(changes)
  })
