// Entry 8: `../`, absolute paths, encoded dots, NUL, endless names and look-alikes where a volume, a storage, a task, a snapshot or a
// tap device is to be named.
import {mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {formatUpid, parseUpid, upidLogPath, upidWord} from '../../src/lib/base/index.ts'
import {parseTapName} from '../../src/lib/network/index.ts'
import {endPath, logPath, parseIndex} from '../../src/lib/tasks/task-files.ts'
import {parseFolderVolumeName, volumePath} from '../../src/lib/storage/naming.ts'
import {machineRoom} from '../unit/guest/qemu/support/run-qm.ts'
import {hostileCharacters, randomText} from '../support/hostile-text.ts'
import {randomSource, scaledCount} from '../support/rounds.ts'
import {failureOf, perform, refusalOf, resultOf} from './support/in-process.ts'
import {expectRefusal, installation, treeOf} from './support/program.ts'

const secret = 'root:the-secret-of-another-file'

/** Ways out of a folder. */
const waysOut = ['../secret.iso', '../../../../secret.iso', '/etc/shadow', '//etc/shadow', './secret.iso', 'a/../../secret.iso', '..', '.', '', 'a//b.iso', `a\u0000.iso`, `${'x'.repeat(300)}.iso`, 'a\u2028b.iso', '\ud800.iso', '..\n/secret.iso']
/** Names that only look like a way out: no one decodes them, so they are plain names of files that are not there. */
const lookAlikes = ['%2e%2e%2fsecret.iso', '..%00.iso', '\uff0e\uff0e\uff0fsecret.iso', '\u2025\u2215secret.iso', '..\\secret.iso', 'secret.iso\u200b.iso', '~.iso', '...iso']

const upids = {
  slash: 'UPID:h1:0000C346:165A0CE4:68D7279C:../../x:100:root@pam:',
  inId: 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:../../../secret:root@pam:',
  inUser: 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:100:../../secret:',
  inNode: 'UPID:../h1:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam:',
  backslash: 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:..\\x:root@pam:',
  newline: 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:1\n0:root@pam:',
  escape: 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:\u001b[2J:root@pam:',
  nul: 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:1\u0000:root@pam:',
  path: '../../secret',
  absolute: '/etc/shadow',
  long: `UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:${'9'.repeat(5000)}:root@pam:`,
  empty: '',
} as const

async function room() {
  const place = await machineRoom()
  const context = await place.open()
  await perform(['qm', 'create', '100', '--kvm', '0', '--memory', '32'], context)
  await perform(['pvesm', 'alloc', 'local', '100', 'vm-100-disk-0.raw', '1M'], context)
  for (const folder of ['', 'lib', 'lib/vz', 'lib/vz/template', 'log', 'log/tasks']) {
    mkdirSync(join(place.root, folder), {recursive: true})
    for (const name of ['secret', 'secret.iso', 'secret.raw']) writeFileSync(join(place.root, folder, name), secret)
  }
  return {place, context}
}

describe('volume ids', () => {
  it('that lead out are refused by every command, and nothing is touched', async () => {
    const {place, context} = await room()
    const before = treeOf(place.root)
    for (const out of waysOut) {
      for (const kind of ['iso', 'images', '100', 'snippets', 'backup', '../iso']) {
        const volume = `local:${kind}/${out}`
        await refusalOf(['pvesm', 'path', volume], context)
        await refusalOf(['pvesm', 'free', volume], context)
      }
      await refusalOf(['pvesm', 'free', `local:${out}`], context)
      await refusalOf(['pvesm', 'alloc', 'local', '100', out === '' ? '/' : out, '1M'], context)
      await refusalOf(['pvesm', 'alloc', 'local', '100', `vm-100-${out}/x.raw`, '1M'], context)
      await refusalOf(['qm', 'set', '100', '--ide2', `local:iso/${out},media=cdrom`], context)
      await refusalOf(['qm', 'set', '100', '--scsi0', `local:100/${out}`], context)
      await refusalOf(['qm', 'create', '101', '--scsi0', `local:../${out}`], context)
    }
    expect(treeOf(place.root)).toEqual(before)
    expect(readFileSync(join(place.root, 'lib/vz/images/100/vm-100-disk-0.raw')).length).toBe(1024 * 1024)
  })

  it('that only look so name files inside, which are not there', async () => {
    const {place, context} = await room()
    for (const name of lookAlikes) {
      const path = await resultOf(['pvesm', 'path', `local:iso/${name}`], context)
      expect(path).toBe(join(place.root, 'lib/vz/template/iso', name))
      expect((await failureOf(['qm', 'set', '100', '--ide2', `local:iso/${name},media=cdrom`], context))?.kind, name).toMatch(/not-found|invalid-input/)
    }
  })

  it('never get a path outside of their folder, whatever is made up', () => {
    const random = randomSource('volume names')
    for (let round = 0; round < scaledCount(3000); round++) {
      const name = ['iso/', '100/', 'backup/', 'snippets/', ''][random.between(0, 4)] + randomText(random, 12, `${hostileCharacters}../.iso.raw`)
      let path: string
      try {
        path = volumePath({path: '/srv/x'}, parseFolderVolumeName(name))
      } catch {
        continue
      }
      expect(path.startsWith('/srv/x/'), JSON.stringify(name)).toBe(true)
      expect(path.split('/').some((part, index) => index > 0 && (part === '' || part === '.' || part === '..')), JSON.stringify(name)).toBe(false)
      expect(path).not.toMatch(/\p{Cc}/u)
    }
  })

  it('that are links lose the link when they are removed, not what it leads to', async () => {
    const {place, context} = await room()
    symlinkSync(join(place.root, 'secret.raw'), join(place.root, 'lib/vz/images/100/vm-100-disk-7.raw'))
    await perform(['pvesm', 'free', 'local:100/vm-100-disk-7.raw'], context)
    expect(readFileSync(join(place.root, 'secret.raw'), 'utf8')).toBe(secret)
  })
})

describe('storages', () => {
  it('have names that are no paths, and paths that lead where they say', async () => {
    const {context} = await room()
    for (const name of ['../x', 'a/b', '/etc', '..', '.', '', 'a b', 'a:b', 'a\nb', 'x'.repeat(200), 'local\u0000', 'lo\u0441al', '%2e%2e', '-a', '1a']) {
      await refusalOf(['pvesm', 'add', 'dir', '--path', '/tmp/x', '--', name], context)
      await refusalOf(['pvesm', 'status', '--storage', name === '' ? '/' : name], context)
      await refusalOf(['pvesm', 'path', `${name}:iso/x.iso`], context)
      await refusalOf(['pvesm', 'list', '--', name === '' ? '/' : name], context)
    }
    for (const path of ['../x', 'x', '/srv/../etc', '/srv/..', '/srv\n/x', '']) await refusalOf(['pvesm', 'add', 'dir', 'more', `--path=${path}`], context)
    for (const folders of ['iso=../..', 'iso=/../etc', 'iso=a/../../b', 'iso=.', 'iso=', 'iso=//', 'images=../../../etc']) await refusalOf(['pvesm', 'set', 'local', `--content-dirs=${folders}`], context)
    expect(await context.store.read('storage.cfg')).toBeUndefined()
  })
})

describe('task ids', () => {
  it.each(Object.entries(upids))('that are none are refused: %s', async (_, upid) => {
    const {context} = await room()
    for (const command of [['pvenode', 'task', 'log'], ['pvenode', 'task', 'status'], ['task', 'wait'], ['task', 'stop']]) {
      const text = await refusalOf([...command, '--', upid], context)
      expect(text).not.toContain(secret)
      expect(text.length).toBeLessThan(1000)
    }
    expect(() => upidLogPath(upid)).toThrow()
    expect(() => logPath({logDir: '/log'}, upid)).toThrow()
    expect(() => endPath({logDir: '/log'}, upid)).toThrow()
  })

  it('never make a path outside of the folder of logs, whatever is made up', () => {
    const random = randomSource('task ids')
    const shape = /^\/log\/tasks\/[0-9A-F]\/UPID:[^/]+$/
    for (let round = 0; round < scaledCount(3000); round++) {
      const upid = `UPID:h1:0000C346:165A0CE4:68D7279C:${randomText(random, 6, `${hostileCharacters}../ab`)}:${randomText(random, 6)}:${randomText(random, 6, `${hostileCharacters}../ab`)}:`
      let path: string
      try {
        path = logPath({logDir: '/log'}, upid)
      } catch {
        continue
      }
      expect(path).toMatch(shape)
    }
  })

  it('can be made for any object, and are read again', () => {
    const random = randomSource('objects of tasks')
    for (let round = 0; round < scaledCount(500); round++) {
      const task = {node: 'h1', pid: 1, pstart: 2, starttime: 3, type: 'imgdel', id: upidWord(randomText(random, 80)), user: 'root@pam'}
      expect(parseUpid(formatUpid(task))).toEqual(task)
    }
  })

  it('in the index that are damaged are passed over', () => {
    const good = 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam:'
    const lines = [...Object.values(upids).filter((upid) => !upid.includes('\n')), good].map((upid) => `${upid} 68D7279D OK`)
    expect(parseIndex([...lines, 'UPID', '\u0000', good, `${good} x OK`].join('\n')).map(({upid}) => upid)).toEqual([good])
  })

  it('as file names that somebody put there are not believed', async () => {
    const {place, context} = await room()
    mkdirSync(join(place.root, 'log/tasks/active'), {recursive: true})
    for (const name of ['..x', 'UPID:h1:..', 'a\nb', 'UPID:h1:FFFFFFFF:FFFFFFFF:FFFFFFFF:a:b:c:x', '\u001b[2J']) writeFileSync(join(place.root, 'log/tasks/active', name), '')
    expect(await resultOf(['pvenode', 'task', 'list', '--source', 'all'], context)).toEqual([])
    expect(await failureOf(['doctor'], context)).toBeUndefined()
  })
})

describe('other names that become part of a path', () => {
  it('are refused: snapshots, journals, nodes', async () => {
    const {context, place} = await room()
    for (const name of ['../x', 'a/b', '..', 'PENDING\n[x]', 'special:x', '\u001b[2J']) {
      await refusalOf(['qm', 'config', '100', `--snapshot=${name}`], context)
      await refusalOf(['qm', 'showcmd', '100', `--snapshot=${name}`], context)
      expect((await failureOf(['doctor', `--discard=${name}`], context))?.kind).toMatch(/invalid-input|not-found/)
    }
    for (const node of ['../h1', 'a/b', 'a b', '-x', '.']) await expect(place.open({env: {CORRAL_NODE: node}})).rejects.toThrow('CORRAL_NODE must be')
  })

  it('are refused: tap devices', () => {
    for (const name of ['tap100i0/../x', '../tap100i0', 'tap100i0\n', 'tap100i', 'tap0i0', 'tap099i0', 'tap1000000000i0', 'tap100i0 ', 'TAP100i0', 'tap100i000']) {
      expect(parseTapName(name), name).toBeUndefined()
    }
  })

  it('are refused by the program as well, in words that fit a terminal', async () => {
    const place = installation()
    expectRefusal(await place.call('pvesm', ['path', 'local:iso/../../../etc/shadow']), 'path')
    expectRefusal(await place.call('pvenode', ['task', 'log', upids.escape]), 'task log')
    expectRefusal(await place.call('corral', ['task', 'wait', upids.inId]), 'task wait')
    expectRefusal(await place.call('qm', ['list'], {env: {CORRAL_ROOT: '../x'}}), 'CORRAL_ROOT')
    expectRefusal(await place.call('qm', ['list'], {env: {CORRAL_NODE: '../x'}}), 'CORRAL_NODE')
  })
})
