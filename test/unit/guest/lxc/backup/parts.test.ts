// What the backup of a container computes: which volumes, what is left out, the first members.
import {execFileSync} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {archivedText} from '../../../../../src/lib/guest/lxc/backup/archived-text.ts'
import {backedUpPoints} from '../../../../../src/lib/guest/lxc/backup/backed-up-points.ts'
import {readExcludes, rsyncExcludes, tarExcludes} from '../../../../../src/lib/guest/lxc/backup/excludes.ts'
import {tarMember} from '../../../../../src/lib/guest/lxc/backup/tar-member.ts'
import {parseLxcConfig} from '../../../../../src/lib/guest/lxc/config/index.ts'

it('the root file system, and volumes that say backup=1', () => {
  const {included, paths, remarks} = backedUpPoints({
    rootfs: 'local:1/a.raw,size=1G', mp2: 'local:1/b.raw,mp=/b,backup=1', mp10: 'local:1/c.raw,mp=/c,backup=0', mp1: '/srv,mp=/d,backup=1', mp3: '/dev/sdb1,mp=/e', mp4: 'local:1/d.raw,mp=/f',
  })
  expect(included.map(({key}) => key)).toEqual(['rootfs', 'mp2'])
  expect(paths).toEqual(['/d', '/b', '/e', '/f', '/c'])
  expect(remarks).toEqual([
    'rootfs (/) is in the backup', 'mp1 (/d) is not in the backup: it is the folder /srv of the host', 'mp2 (/b) is in the backup',
    'mp3 (/e) is not in the backup: it is the device /dev/sdb1 of the host', 'mp4 (/f) is not in the backup: it has no backup=1', 'mp10 (/c) is not in the backup: it has no backup=1',
  ])
})

describe('what is left out', () => {
  it('in the words of tar', () => {
    expect(tarExcludes(readExcludes(['/var/cache/', '*.iso', '-x', './opt', '.?*'], true), ['.', './srv'])).toEqual([
      '--anchored', '--no-wildcards', '--exclude=./lost+found', '--exclude=./srv/lost+found', '--wildcards', '--wildcards-match-slash',
      '--exclude=./tmp/?*', '--exclude=./var/tmp/?*', '--exclude=./var/run/?*.pid', '--exclude=./var/cache', '--exclude=./opt', '--exclude=*/*.iso', '--exclude=*/-x',
      '--exclude=*/.?*',
    ])
  })

  it('in those of rsync, for each mount point its own, and never more', () => {
    const excludes = readExcludes(['/srv/data/old', '/srv', 'a/b', '+ x', 'c\\d'], false)
    expect(rsyncExcludes(excludes, '/')).toEqual(['--filter=-_/lost+found', '--filter=-_/srv/data/old', '--filter=-_/srv', '--filter=-_+ x'])
    expect(rsyncExcludes(excludes, '/srv/data')).toEqual(['--filter=-_/lost+found', '--filter=-_/old', '--filter=-_+ x'])
  })

  it.each(['/', '', '.', './', './/.', '///', 'a\nb', 'a\0b'])('not by %j', (pattern) => {
    expect(() => readExcludes([pattern], true)).toThrow(/cannot be left out of a backup/)
  })
})

it('the configuration in force, without what is true of the moment, snapshots and changes that wait', () => {
  const config = parseLxcConfig('#note\nhostname: a\nlock: backup\nmemory: 64\nparent: first\nrootfs: local:1/a.raw\nlxc.prlimit.nofile: 9\n\n[pve:pending]\nmemory: 128\n\n[first]\nhostname: b\nsnaptime: 1\n')
  expect(archivedText(config)).toBe('#note\nhostname: a\nmemory: 64\nrootfs: local:1/a.raw\nlxc.prlimit.nofile: 9\n')
  expect(archivedText(parseLxcConfig('env: A=b\u001fC=d\nhostname: a\n'))).toBe('env: A=b\0C=d\nhostname: a\n')
})

it.each([0, 1, 511, 512, 513, 100_000])('a member of %i bytes, as tar of GNU reads it', (bytes) => {
  const data = Buffer.alloc(bytes, 'abc')
  const archive = Buffer.concat([tarMember('./etc/vzdump/pct.conf', data, 1_700_000_000), Buffer.alloc(1024)])
  expect(archive.length % 512).toBe(0)
  expect(execFileSync('tar', ['-xOf', '-'], {input: archive}).equals(data)).toBe(true)
  expect(execFileSync('tar', ['-tvf', '-', '--numeric-owner', '--utc'], {input: archive, encoding: 'utf8'})).toMatch(/^-rw-r----- 0\/0 +\d+ 2023-11-14 22:13 \.\/etc\/vzdump\/pct\.conf\n$/)
})
