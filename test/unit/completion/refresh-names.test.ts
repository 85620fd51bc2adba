import {mkdtemp, readFile, readdir, rm, stat, writeFile, chmod} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {systemClock} from '../../../src/lib/base/index.ts'
import {readNamesText} from '../../../src/lib/completion/name-files.ts'
import {refreshNames} from '../../../src/lib/completion/refresh-names.ts'
import {localFiles} from '../../../src/lib/host/local/files.ts'
import type {HostFiles} from '../../../src/lib/host/index.ts'
import {newMemoryStoreData, openMemoryStore} from '../../../src/lib/store/memory/index.ts'
import type {Store} from '../../../src/lib/store/index.ts'
import {toldStore} from '../../../src/lib/tasks/told-store.ts'

let root: string
let store: Store
let data: ReturnType<typeof newMemoryStoreData>
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'corral-names-'))
  data = newMemoryStoreData()
  store = openMemoryStore({node: 'h1', clock: systemClock, data, keptCommits: 20})
})
afterEach(async () => { await rm(root, {recursive: true, force: true}) })

const places = () => ({stateDir: `${root}/lib`, runDir: `${root}/run`, logDir: `${root}/log`, root})
const refresh = (files: HostFiles = localFiles, of: Store = store) => refreshNames({store: of, host: {files}, places: places(), node: 'h1'})
const text = (file: string) => readFile(`${root}/lib/completion/${file}`, 'utf8')
const lines = async (file: string) => (await text(file)).split('\n').slice(1, -1)
const guest = (vmid: number) => `nodes/h1/qemu-server/${vmid}.conf`

describe('the files of names', () => {
  test('show guests, volumes, snapshots, storages and nodes, sorted by bytes', async () => {
    await store.commit({put: {
      [guest(1000)]: 'name: late\n', [guest(101)]: 'name: web\nscsi0: local:101/vm-101-disk-0.raw,size=1G\nide2: local:iso/deb.iso,media=cdrom\n\n[PENDING]\nname: other\n\n[before-upgrade]\nname: old\nscsi0: local:101/vm-101-disk-0.raw\n\n[special:cloudinit]\nname: x\n',
      'nodes/h2/lxc/100.conf': 'hostname: ct\n', 'storage.cfg': 'dir: fast\n\tpath /mnt/nvme\n\tcontent images\n\nlvm: thick\n\tvgname pve\n', 'datacenter.cfg': 'x: y\n',
    }})
    await refresh()
    expect(await lines('guests')).toEqual(['100\tct\tlxc\th2', '1000\tlate\tqemu\th1', '101\tweb\tqemu\th1'])
    expect(await lines('volumes')).toEqual(['local:101/vm-101-disk-0.raw\t101', 'local:iso/deb.iso\t101'])
    expect(await lines('snapshots')).toEqual(['101\tbefore-upgrade'])
    expect(await lines('storages')).toEqual(['fast\tdir\t/mnt/nvme', `local\tdir\t${root}/lib/vz`, 'thick\tlvm\t'])
    expect(await lines('nodes')).toEqual(['h1', 'h2'])
    expect((await text('guests')).startsWith(`#corral-names 1 ${await store.revision()}\n`)).toBe(true)
    expect((await stat(`${root}/lib/completion/guests`)).mode & 0o777).toBe(0o644)
  })

  test('follow changes, and read only what changed', async () => {
    await store.commit({put: {[guest(100)]: 'name: a\n', [guest(101)]: 'name: b\n'}})
    await refresh()
    await store.commit({put: {[guest(100)]: 'name: c\n', [guest(102)]: 'name: d\n', 'storage.cfg': 'dir: s\n\tpath /s\n'}, remove: [guest(101)]})
    const read: string[] = []
    await refresh(localFiles, {...store, read: async (path) => { read.push(path); return store.read(path) }, list: async () => { throw new Error('everything was read') }})
    expect(read.sort()).toEqual([guest(100), guest(101), guest(102), 'storage.cfg'])
    expect(await lines('guests')).toEqual(['100\tc\tqemu\th1', '102\td\tqemu\th1'])
  })

  test('are left alone when no name changed', async () => {
    await store.commit({put: {[guest(100)]: 'name: a\n'}})
    await refresh()
    const before = await Promise.all((await readdir(`${root}/lib/completion`)).map(async (file) => (await stat(`${root}/lib/completion/${file}`)).ino))
    await store.commit({put: {[guest(100)]: 'name: a\nmemory: 512\n'}})
    await refresh()
    expect(await Promise.all((await readdir(`${root}/lib/completion`)).map(async (file) => (await stat(`${root}/lib/completion/${file}`)).ino))).toEqual(before)
  })

  test.each([['damaged', 'rubbish'], ['of a replaced store', '#corral-names 1 999999\n7\tx\n'], ['of a later form', '#corral-names 2 0\n']])('are made anew when one is %s', async (_, damaged) => {
    await store.commit({put: {[guest(100)]: 'name: a\n'}})
    await refresh()
    await writeFile(`${root}/lib/completion/guests`, damaged)
    await refresh()
    expect(await lines('guests')).toEqual(['100\ta\tqemu\th1'])
  })

  test('are made anew when the store has forgotten what changed since', async () => {
    await store.commit({put: {[guest(100)]: 'name: a\n'}})
    await refresh()
    await store.commit({put: {[guest(100)]: 'name: b\n'}})
    for (let index = 0; index < 30; index++) await store.commit({put: {other: String(index)}})
    await refresh()
    expect(await lines('guests')).toEqual(['100\tb\tqemu\th1'])
  })

  test('of two writers none leaves an older state behind', async () => {
    const other = openMemoryStore({node: 'h1', clock: systemClock, data})
    await store.commit({put: {[guest(100)]: 'name: a\n'}})
    // The slow one has read the store; before its file is in place another one commits and is done.
    let isLate = true
    const slow: HostFiles = {...localFiles, write: async (path, written, options) => {
      if (isLate && path.endsWith('/guests')) {
        isLate = false
        await other.commit({put: {[guest(200)]: 'name: new\n'}})
        await refresh(localFiles, other)
      }
      await localFiles.write(path, written, options)
    }}
    await refresh(slow)
    expect(await lines('guests')).toEqual(['100\ta\tqemu\th1', '200\tnew\tqemu\th1'])
  })

  test('names that a terminal or a shell could obey are not offered, and hide no guest', async () => {
    await store.commit({put: {
      [guest(100)]: 'name: $(touch /tmp/x)\u001b]0;owned\u0007\n', [guest(101)]: 'name: a\u202eb\n', [guest(102)]: 'name: "`id`";*\nscsi0: local:$(id)/x,size=1\nscsi1: local:iso/a b.iso\n',
      'storage.cfg': 'dir: -rf\n\tpath /x\n\ndir: good\n\tpath /a\u001b[31m\n',
    }})
    await refresh()
    for (const file of await readdir(`${root}/lib/completion`)) expect(await text(file), file).not.toMatch(/[^\P{Cc}\n\t]|\u202e/u)
    expect((await lines('guests')).map((line) => line.split('\t')[0])).toEqual(['100', '101', '102'])
    expect(await lines('volumes')).toEqual([])
    expect((await lines('storages')).map((line) => line.split('\t')[0])).not.toContain('-rf')
  })

  test('a file from elsewhere gives its right lines only', () => {
    expect(readNamesText('guests', '#corral-names 1 4\n100\tweb\tqemu\th1\n100;id\tx\tqemu\th1\n101\ta\u001b[2Jb\tqemu\th1\nrubbish\n')).toEqual({revision: 4, lines: ['100\tweb\tqemu\th1']})
    expect(readNamesText('guests', 'no header\n100\tweb\tqemu\th1\n')).toBeUndefined()
  })
})

describe('a store that tells of its commits', () => {
  test('waits for nobody, tells several commits at once, and all before it is closed', async () => {
    const told: number[] = []
    const own = toldStore(store, {concerns: (path) => path.startsWith('nodes/'), tell: async (of) => { told.push(await of.revision()) }}, systemClock)
    await own.commit({put: {other: '1'}})
    await own.settle()
    expect(told).toEqual([])
    for (let index = 0; index < 5; index++) await own.commit({put: {[guest(100 + index)]: 'x'}})
    expect(told).toEqual([])
    await own.close()
    expect(told).toEqual([6])
  })

  test('a commit stands when nobody can be told', async () => {
    await writeFile(`${root}/lib`, 'in the way')
    await chmod(root, 0o500)
    const own = toldStore(store, {concerns: () => true, tell: () => refresh()}, systemClock)
    await own.commit({put: {[guest(100)]: 'name: a\n'}})
    await own.close()
    await chmod(root, 0o700)
    expect((await store.read(guest(100)))?.data).toBe('name: a\n')
  })
})
