// The options of both kinds of virtiofsd.
import {describe, expect, it} from 'vitest'
import {UnavailableError, UnsupportedError} from '../../../../../src/lib/base/index.ts'
import {findVirtiofsd, virtiofsdArgv} from '../../../../../src/lib/guest/qemu/runtime/virtiofsd.ts'
import {fakeHost} from '../../../../../src/lib/host/fake/index.ts'

const rust = {binary: '/usr/libexec/virtiofsd', kind: 'rust'} as const
const old = {binary: '/usr/lib/qemu/virtiofsd', kind: 'qemu'} as const
const base = {key: 'virtiofs0', folder: '/srv/docs', socket: '/run/100.virtiofs0'}

describe('virtiofsdArgv', () => {
  it('speaks to the newer one', () => {
    expect(virtiofsdArgv(rust, {...base, settings: {dirid: 'docs'}})).toEqual([
      '/usr/libexec/virtiofsd', '--socket-path=/run/100.virtiofs0', '--shared-dir=/srv/docs', '--cache=auto', '--announce-submounts', '--inode-file-handles=prefer',
    ])
    expect(virtiofsdArgv(rust, {...base, settings: {dirid: 'docs', cache: 'metadata', 'direct-io': true, 'expose-acl': true, 'expose-xattr': true}}).slice(3)).toEqual([
      '--cache=metadata', '--announce-submounts', '--inode-file-handles=prefer', '--allow-direct-io', '--posix-acl',
    ])
  })

  it('speaks to the older one, which has no cache=metadata', () => {
    expect(virtiofsdArgv(old, {...base, settings: {dirid: 'docs', cache: 'never', 'expose-xattr': true}})).toEqual([
      '/usr/lib/qemu/virtiofsd', '-f', '--socket-path=/run/100.virtiofs0', ...['source=/srv/docs', 'cache=none', 'announce_submounts', 'no_allow_direct_io', 'xattr'].flatMap((option) => ['-o', option]),
    ])
    expect(virtiofsdArgv(old, {...base, settings: {dirid: 'docs', 'expose-acl': true}}).filter((word) => /acl|xattr/.test(word))).toEqual(['posix_acl', 'xattr'])
    expect(() => virtiofsdArgv(old, {...base, settings: {dirid: 'docs', cache: 'metadata'}})).toThrow(UnsupportedError)
  })
})

describe('findVirtiofsd', () => {
  it('prefers the newer one, and names the packages where there is none', async () => {
    expect((await findVirtiofsd(fakeHost({files: {[rust.binary]: '', [old.binary]: ''}}))).kind).toBe('rust')
    expect((await findVirtiofsd(fakeHost({files: {[old.binary]: ''}}))).kind).toBe('qemu')
    await expect(findVirtiofsd(fakeHost({files: {}}))).rejects.toThrow(UnavailableError)
  })
})
