import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {catalog} from '../../../../src/lib/catalog.ts'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {withPools} from '../../../../src/lib/guest/pve-import/pools.ts'
import {readPveTree} from '../../../../src/lib/guest/pve-import/pve-tree.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import type {Context, Outcome} from '../../../../src/lib/tasks/index.ts'
import {pveFiles, writePveDatabase, writePveFolder} from '../../../support/pve-tree.ts'
import {randomSource, scaledCount} from '../../../support/rounds.ts'
import {machineRoom, qm} from '../qemu/support/run-qm.ts'

let folder: string
const host = localHost('h1')

beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'corral-pve-')) })
afterAll(() => { rmSync(folder, {recursive: true, force: true}) })

interface Room { readonly context: Context; readonly notes: string[]; readonly run: (input: Readonly<Record<string, unknown>>, options?: {readonly dryRun?: boolean}) => Promise<Outcome> }

async function room(): Promise<Room> {
  const notes: string[] = []
  const opened = await (await machineRoom()).open()
  const context: Context = {...opened, log: {...opened.log, warn: (message) => { notes.push(message) }}}
  const entry = catalog.commands['corral import pve']
  if (entry === undefined) throw new Error('there is no corral import pve')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  return {context, notes, run: (input, options) => runHandler(handler, checkParams(spec.params, input), context, options)}
}

const textOf = async ({store}: Context, path: string) => (await store.read(path))?.data

describe('corral import pve', () => {
  it.each(['folder', 'database'])('takes over what a %s holds', async (kind) => {
    const source = kind === 'folder' ? writePveFolder(join(folder, 'tree')) : await writePveDatabase(join(folder, 'config.db'))
    const {context, notes, run} = await room()
    expect(await run({source})).toEqual({outcome: 'done', result: [
      'storage data (dir) taken over', 'storage share (cifs) taken over', 'virtual machine 100 (web) taken over from pve1', 'virtual machine 101 (db) taken over from pve1',
      'container 200 (ct1) taken over from pve1', 'pool prod taken over', 'datacenter.cfg (settings of the cluster) taken over',
      'mapping/usb.cfg (mappings of devices and folders) taken over', 'firewall/100.fw (firewall rules) taken over',
    ]})
    expect(notes).toEqual([
      "the secret of storage 'share' (priv/storage/share.pw) is not taken over without --secrets",
      "virtual machine 100: 'net0.firewall' will be refused at its start (the firewall is not built yet)",
      "virtual machine 100: net0 needs the bridge 'vmbr77', which this host has not",
      'virtual machine 100: its volume data:100/vm-100-disk-0.qcow2 was not found',
      'container 200: containers are kept, but cannot be run yet',
      'users, rights of user.cfg are not taken over: there are none here yet',
      'firewall/100.fw: firewall rules are kept, but nothing enforces them yet',
    ])
    expect(await textOf(context, 'nodes/h1/qemu-server/100.conf')).toBe(pveFiles['nodes/pve1/qemu-server/100.conf'])
    expect(await textOf(context, 'nodes/h1/lxc/200.conf')).toBe(pveFiles['nodes/pve1/lxc/200.conf'])
    expect(await textOf(context, 'vmids/100')).toMatch(/^qemu h1 /)
    expect(await textOf(context, 'storage.cfg')).toContain('\tnodes h1,pve2\n')
    expect(await textOf(context, 'mapping/usb.cfg')).toContain('node=h1')
    expect(await textOf(context, 'user.cfg')).toBe('pool:prod:Production:100::\n')
    expect(await textOf(context, 'priv/storage/share.pw')).toBeUndefined()
    await expect(qm('create', {vmid: 100}, context)).rejects.toThrow('already exists')
  })

  it('does it in one commit, and shows that before without secrets', async () => {
    const source = writePveFolder(join(folder, 'tree'))
    const {context, run} = await room()
    const outcome = await run({source, secrets: '1'}, {dryRun: true})
    expect(outcome).toMatchObject({outcome: 'planned', plan: {steps: [{do: {kind: 'store.commit'}}]}})
    expect(JSON.stringify(outcome)).not.toContain('hunter2')
    expect(await context.store.list('nodes')).toEqual([])
    await run({source, secrets: '1'})
    expect(await textOf(context, 'priv/storage/share.pw')).toBe('password=hunter2\n')
  })

  it('leaves what is here, unless files are to be overwritten; guests never', async () => {
    const source = writePveFolder(join(folder, 'tree'))
    const {context, notes, run} = await room()
    await qm('create', {vmid: 100, name: 'ours'}, context)
    await context.store.commit({put: {'storage.cfg': 'dir: data\n\tpath /srv/ours\n\tcontent images\n\n', 'datacenter.cfg': 'keyboard: fr\n'}})
    await run({source})
    expect(notes).toContain("storage 'data' is not taken over: there is another one by that name")
    expect(notes).toContain('datacenter.cfg is not taken over: there is another one here')
    expect(notes).toContain("virtual machine 100 of pve1 is not taken over: virtual machine 100 already exists on node 'h1'")
    expect(await textOf(context, 'datacenter.cfg')).toBe('keyboard: fr\n')
    await run({source, overwrite: '1'})
    expect(await textOf(context, 'datacenter.cfg')).toBe('keyboard: de\n')
    expect(await textOf(context, 'storage.cfg')).toContain('path /nowhere/data')
    expect(await textOf(context, 'nodes/h1/qemu-server/100.conf')).toContain('name: ours')
    expect(await run({source})).toMatchObject({result: ['There is nothing to be taken over.']})
  })

  it('takes over a part', async () => {
    const source = writePveFolder(join(folder, 'tree'))
    const {context, run} = await room()
    expect(await run({source, vmid: '101', storages: '0', pools: '0', settings: '0'})).toMatchObject({result: ['virtual machine 101 (db) taken over from pve1']})
    expect((await context.store.list('')).map(({path}) => path).filter((path) => !path.startsWith('journal/'))).toEqual(['nodes/h1/qemu-server/101.conf', 'vmids/101'])
  })

  it('wants to know the node of several', async () => {
    const source = writePveFolder(join(folder, 'two'), {...pveFiles, 'nodes/pve2/qemu-server/300.conf': 'memory: 64\n', 'nodes/pve2/qemu-server/100.conf': 'memory: 64\n'})
    const {run} = await room()
    await expect(run({source})).rejects.toThrow('guests of several nodes: pve1, pve2')
    await expect(run({source, node: 'pve3'})).rejects.toThrow("no node 'pve3'")
    await expect(run({source, node: 'pve2', vmid: '200'})).rejects.toThrow("no guest 200 of node 'pve2'")
    expect(await run({source, node: 'pve2', vmid: '300', storages: '0', settings: '0'})).toMatchObject({result: ['virtual machine 300 taken over from pve2']})
  })

  it('leaves out a guest that cannot be read, and says so', async () => {
    const source = writePveFolder(join(folder, 'bad'), {'nodes/pve1/qemu-server/100.conf': 'memory 64\n', 'nodes/pve1/qemu-server/101.conf': 'memory: 64\n', 'storage.cfg': 'dir: x\n\tcontent images\n\nwrong\n'})
    const {notes, run} = await room()
    expect(await run({source})).toMatchObject({result: ['virtual machine 101 taken over from pve1']})
    expect(notes).toContain("virtual machine 100 of pve1 is not taken over: line 1 of the configuration is not 'key: value'")
    expect(notes.some((note) => note.startsWith('storage.cfg, line '))).toBe(true)
  })

  it.each([['relative', 'absolute path'], ['/nowhere/pve', 'there is no file or folder'], ['/usr/share', 'holds nothing of Proxmox VE'], ['/dev/null', 'neither a folder nor a database']])('refuses %s', async (source, reason) => {
    const {run} = await room()
    await expect(run({source})).rejects.toThrow(reason)
  })
})

describe('a hostile tree', () => {
  it('is read without links, huge files, and what is no text', async () => {
    const source = writePveFolder(join(folder, 'hostile'), {...pveFiles, 'nodes/pve1/qemu-server/102.conf': Buffer.from([0xff, 0xfe]), 'nodes/pve1/qemu-server/103.conf': Buffer.alloc(1024 * 1024 + 1, 'x'), 'nodes/pve1/qemu-server/104.conf': 'a\0b', 'nodes/-rf/qemu-server/105.conf': 'memory: 64\n', 'nodes/pve1/qemu-server/1.conf': 'memory: 64\n'})
    rmSync(join(source, 'user.cfg'))
    symlinkSync('/etc/passwd', join(source, 'user.cfg'))
    symlinkSync('/etc', join(source, 'ha'))
    mkdirSync(join(source, 'jobs.cfg'))
    const {files, problems} = await readPveTree(source, host)
    expect([...files.keys()].filter((path) => path.startsWith('nodes/'))).toEqual(['nodes/pve1/qemu-server/100.conf', 'nodes/pve1/qemu-server/101.conf', 'nodes/pve1/lxc/200.conf'])
    expect([...problems].sort()).toEqual([
      'ha is left out: it is a link', 'jobs.cfg is left out: it is no file', 'nodes/-rf is left out: this is no name of a node', 'nodes/pve1/qemu-server/102.conf is left out: it is no UTF-8 text',
      'nodes/pve1/qemu-server/103.conf is left out: it is larger than 1 MiB', 'nodes/pve1/qemu-server/104.conf is left out: it is no UTF-8 text', 'user.cfg is left out: it is a link',
    ])
  })

  it.each([
    ['a view', 'CREATE VIEW tree AS SELECT 1 AS inode, 0 AS parent, 8 AS type, \'user.cfg\' AS name, \'x\' AS data', 'has no table of files'],
    ['another table', 'CREATE TABLE other (a)', 'has no table of files'],
    ['a column that is computed', "CREATE TABLE tree (inode INTEGER PRIMARY KEY, parent INTEGER, version INTEGER, writer INTEGER, mtime INTEGER, type INTEGER, name TEXT, data BLOB, more AS (inode + 1))", 'has no table of files'],
  ])('as a database with %s is refused', async (_, table, reason) => {
    const path = join(folder, `schema-${table.length}.db`)
    await writePveDatabase(path, pveFiles, table)
    await expect(readPveTree(path, host)).rejects.toThrow(reason)
  })

  it('as a database with names that lead out, or that was copied while it was written, is refused', async () => {
    const path = await writePveDatabase(join(folder, 'names.db'), {'nodes/../user.cfg': 'x'})
    await expect(readPveTree(path, host)).rejects.toThrow("a file by the name '..'")
    const copied = await writePveDatabase(join(folder, 'wal.db'))
    writeFileSync(`${copied}-wal`, 'x')
    await expect(readPveTree(copied, host)).rejects.toThrow('was copied while Proxmox VE wrote to it')
  })

  it('as a damaged database is read or refused, never more', async () => {
    const random = randomSource('damaged config.db')
    const good = readFileSync(await writePveDatabase(join(folder, 'damaged.db')))
    const path = join(folder, 'damaged-copy.db')
    for (let round = 0; round < scaledCount(60); round++) {
      const bytes = Buffer.from(good)
      for (let count = random.between(1, 20); count > 0; count--) bytes[random.between(0, bytes.length - 1)] = random.between(0, 255)
      writeFileSync(path, random.between(0, 4) === 0 ? bytes.subarray(0, random.between(0, bytes.length)) : bytes)
      try {
        await readPveTree(path, host)
      } catch (error) {
        expect(error).toMatchObject({kind: 'invalid-input'})
      }
    }
  })
})

describe('withPools', () => {
  it('adds members to a pool that is here, and keeps the rest', () => {
    const own = 'user:a@pve:1:0:::::\npool:prod:ours:105::\nacl:1:/:a@pve:X:\n'
    expect(withPools(own, 'pool:prod:theirs:100,101:s:\npool:../x::100::\npool:empty:::s:\n', [100])).toEqual({
      text: 'user:a@pve:1:0:::::\npool:prod:ours:100,105::\nacl:1:/:a@pve:X:\n', names: ['prod'],
    })
  })
})
