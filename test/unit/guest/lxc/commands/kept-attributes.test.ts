// What belongs to a file beside its bytes: access control lists, extended attributes, capabilities, owners, modes, hard links and holes come out of a backup as they
// were, and stay as they are when a container is cloned and moved to another storage.
import {execFileSync} from 'node:child_process'
import {chmodSync, chownSync, existsSync, linkSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {writeBackup} from '../../../../support/container-template.ts'
import {machineRoom} from '../../qemu/support/run-qm.ts'
import {pct} from '../support/kill-everywhere.ts'

const has = (program: string) => ['/usr/bin', '/usr/sbin', '/sbin'].some((folder) => existsSync(join(folder, program)))
const missing = ['setfacl', 'setfattr', 'setcap'].filter((program) => !has(program))
const isMapped = ['/etc/subuid', '/etc/subgid'].every((path) => existsSync(path) && /^root:100000:65536$/m.test(readFileSync(path, 'utf8')))
if (missing.length > 0) console.log(`attributes of files: skipped for want of ${missing.join(', ')}`)
if (!isMapped) console.log('attributes of files in unprivileged containers: skipped, because root has no range 100000:65536 in /etc/subuid and /etc/subgid')

const text = (program: string, ...args: string[]) => execFileSync(program, args, {encoding: 'utf8', timeout: 30_000})

function giveAttributes(tree: string): void {
  const at = (name: string) => join(tree, 'srv', name)
  for (const name of ['list', 'program', 'note', 'holes', 'suid']) writeFileSync(at(name), name)
  mkdirSync(at('folder'))
  chownSync(at('list'), 33, 33)
  // A group that the host has a name for, and a user that it has none for.
  text('setfacl', '-m', 'u:61234:rw,g:50:r', at('list'))
  text('setfacl', '-d', '-m', 'u:61234:rx', at('folder'))
  text('setcap', 'cap_net_raw+ep', at('program'))
  text('setfattr', '-n', 'user.note', '-v', 'kept', at('note'))
  linkSync(at('note'), at('link'))
  truncateSync(at('holes'), 8 * 1024 ** 2)
  chmodSync(at('suid'), 0o4755)
}

/** With owners as the container numbers them. */
function attributesIn(root: string, firstId: number): unknown {
  const at = (name: string) => join(root, 'srv', name)
  const lists = text('getfacl', '--numeric', '--omit-header', '--absolute-names', at('list'), at('folder')).replace(/\d{5,}/g, (id) => String(Number(id) - firstId))
  const {uid, gid} = statSync(at('list'))
  return {
    lists: lists.split('\n').filter((line) => line !== ''), owner: [uid - firstId, gid - firstId], capability: text('getcap', at('program')).replace(/^\S+ /, '').trim(),
    note: text('getfattr', '--only-values', '-n', 'user.note', '--absolute-names', at('note')), isLinked: statSync(at('note')).ino === statSync(at('link')).ino,
    holes: [statSync(at('holes')).size, statSync(at('holes')).blocks < 1000], mode: statSync(at('suid')).mode & 0o7777,
  }
}

it.skipIf(missing.length > 0).each([['0', 0], ['1', 100_000]].filter(([unprivileged]) => unprivileged === '0' || isMapped) as [string, number][])('with unprivileged=%s', async (unprivileged, firstId) => {
  const place = await machineRoom()
  const context = await place.open()
  await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${join(place.root, 'lib/vz')}\n\tcontent rootdir,backup\n\ndir: other\n\tpath ${join(place.root, 'other')}\n\tcontent rootdir\n`}})
  const backup = 'vzdump-lxc-100-2026_01_31-03_00_00.tar'
  writeBackup(join(place.root, 'lib/vz/dump', backup), `rootfs: local:100/subvol-100-disk-0.subvol,size=0T\n`, {change: giveAttributes})
  await pct('restore', {vmid: 200, ostemplate: `local:backup/${backup}`, storage: 'local', unprivileged}, context)
  const root = (vmid: number, top = join(place.root, 'lib/vz')) => join(top, `images/${vmid}/subvol-${vmid}-disk-0.subvol`)
  const expected = {
    lists: [
      'user::rw-', 'user:61234:rw-', 'group::r--', 'group:50:r--', 'mask::rw-', 'other::r--',
      'user::rwx', 'group::r-x', 'other::r-x', 'default:user::rwx', 'default:user:61234:r-x', 'default:group::r-x', 'default:mask::r-x', 'default:other::r-x',
    ],
    owner: [33, 33], capability: 'cap_net_raw=ep', note: 'kept', isLinked: true, holes: [8 * 1024 ** 2, true], mode: 0o4755,
  }
  expect(attributesIn(root(200), firstId)).toEqual(expected)
  await pct('clone', {vmid: 200, newid: 201}, context)
  expect(attributesIn(root(201), firstId)).toEqual(expected)
  await pct('move-volume', {vmid: 201, volume: 'rootfs', storage: 'other'}, context)
  expect(attributesIn(root(201, join(place.root, 'other')), firstId)).toEqual(expected)
}, 300_000)
