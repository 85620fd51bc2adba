// Entries 10 and 13: root file systems that mean harm, while files are copied in and out and while they are set up, against a thread that exchanges folders and links
// all the time. Nothing outside may be read or written.
import {randomBytes} from 'node:crypto'
import fs from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Worker} from 'node:worker_threads'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {AppError} from '../../src/lib/base/index.ts'
import {applySetup, factsFor} from '../../src/lib/guest/lxc/setup/index.ts'
import {openFileTree} from '../../src/lib/host/local/tree.ts'
import type {FileTree} from '../../src/lib/host/index.ts'
import {writeTemplate} from '../support/container-template.ts'
import {scaledCount} from '../support/rounds.ts'
import {pct} from '../unit/guest/lxc/support/kill-everywhere.ts'
import {machineRoom} from '../unit/guest/qemu/support/run-qm.ts'

let folder: string
let root: string
let outside: string
let tree: FileTree

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'corral-rootfs-'))
  root = join(folder, 'root')
  outside = join(folder, 'outside')
  for (const path of ['root/etc', 'root/srv', 'outside/etc']) fs.mkdirSync(join(folder, path), {recursive: true})
  for (const name of ['file', 'etc/hostname', 'etc/shadow']) fs.writeFileSync(join(outside, name), 'outside')
  tree = openFileTree(root)
})

afterEach(() => {
  tree.close()
  fs.rmSync(folder, {recursive: true, force: true})
})

const link = (target: string, path: string) => { fs.symlinkSync(target, join(root, path)) }

/** What is outside, as it was before. */
function expectNothingOutside(): void {
  const all = (at: string): string[] => fs.readdirSync(at, {withFileTypes: true}).flatMap((entry) => entry.isDirectory() ? all(join(at, entry.name)) : [`${join(at, entry.name).slice(outside.length)}: ${fs.readFileSync(join(at, entry.name), 'utf8')}`])
  expect(all(outside).sort()).toEqual(['/etc/hostname: outside', '/etc/shadow: outside', '/file: outside'])
}

/** Runs the work again and again while a thread exchanges a folder and a link to the outside, until it has met both of them often. */
async function whileRenaming(name: string, target: string, rounds: number, work: (round: number) => Promise<void>): Promise<void> {
  fs.symlinkSync(target, join(root, 'trap'))
  const exchanges = new Int32Array(new SharedArrayBuffer(4))
  // What the work has made anew meanwhile, in the place of the folder, goes.
  const worker = new Worker(`
    const fs = require('node:fs'); const {workerData: {root, name, exchanges}} = require('node:worker_threads')
    const to = (from, to) => { for (;;) try { return fs.renameSync(root + '/' + from, root + '/' + to) } catch { try { fs.rmSync(root + '/' + to, {recursive: true, force: true}) } catch {} } }
    for (;;) { to(name, 'kept'); to('trap', name); to(name, 'trap'); to('kept', name); Atomics.add(exchanges, 0, 1) }
  `, {eval: true, workerData: {root, name, exchanges}})
  try {
    for (let round = 0; round < rounds || Atomics.load(exchanges, 0) < rounds; round++) await work(round)
  } finally {
    await worker.terminate()
  }
}

/** Anything but a refusal in our own words is a fault. */
async function orRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof AppError && error.kind !== 'internal') return undefined
    throw error
  }
}

describe('copies', () => {
  it('are exact, of any bytes and across chunks, with owner and mode', async () => {
    const bytes = randomBytes(3 * 1024 * 1024 + 17)
    const source = join(folder, 'source')
    fs.writeFileSync(source, bytes, {mode: 0o640})
    fs.chmodSync(source, 0o640)
    expect(await tree.copyIn(source, 'srv/copy')).toBe(bytes.length)
    expect(fs.readFileSync(join(root, 'srv/copy')).equals(bytes)).toBe(true)
    expect(fs.statSync(join(root, 'srv/copy')).mode & 0o7777).toBe(0o640)
    await tree.copyIn(source, 'srv/copy', {mode: 0o4755})
    expect(fs.statSync(join(root, 'srv/copy')).mode & 0o7777).toBe(0o4755)
    // A program that runs as its owner does not become one of the host.
    const target = join(folder, 'target')
    expect(await tree.copyOut('srv/copy', target)).toBe(bytes.length)
    expect([fs.readFileSync(target).equals(bytes), fs.statSync(target).mode & 0o7777]).toEqual([true, 0o755])
    expect(fs.readdirSync(join(root, 'srv'))).toEqual(['copy'])
  })

  it('replace links instead of writing through them, and read through none that leads out', async () => {
    fs.writeFileSync(join(folder, 'source'), 'new')
    link(join(outside, 'file'), 'srv/out')
    link(outside, 'away')
    link('../../outside/file', 'srv/up')
    await tree.copyIn(join(folder, 'source'), 'srv/out')
    expect(fs.readFileSync(join(root, 'srv/out'), 'utf8')).toBe('new')
    await expect(tree.copyIn(join(folder, 'source'), 'away/file')).rejects.toMatchObject({kind: 'not-found'})
    await expect(tree.copyOut('away/file', join(folder, 'target'))).rejects.toMatchObject({kind: 'not-found'})
    await expect(tree.copyOut('srv/up', join(folder, 'target'))).rejects.toMatchObject({kind: 'not-found'})
    await expect(tree.withFolder('away', async () => 'reached')).rejects.toMatchObject({kind: 'not-found'})
    expect(fs.existsSync(join(folder, 'target'))).toBe(false)
    expectNothingOutside()
  })

  it('refuse folders, and leave nothing half behind and no descriptor open', async () => {
    const before = fs.readdirSync('/proc/self/fd').length
    fs.writeFileSync(join(folder, 'source'), 'new')
    await expect(tree.copyIn(join(folder, 'source'), 'srv')).rejects.toThrow('srv is a folder')
    await expect(tree.copyIn(join(folder, 'source'), '..')).rejects.toThrow('is a folder')
    await expect(tree.copyIn(join(folder, 'none'), 'srv/x')).rejects.toMatchObject({kind: 'not-found'})
    await expect(tree.copyIn(root, 'srv/x')).rejects.toThrow('neither a file nor a pipe')
    await expect(tree.copyOut('srv', join(folder, 'target'))).rejects.toThrow('is not a plain file')
    const stopped = AbortSignal.abort()
    await expect(tree.copyIn(join(folder, 'source'), 'srv/x', {signal: stopped})).rejects.toMatchObject({kind: 'cancelled'})
    expect(fs.readdirSync(join(root, 'srv'))).toEqual([])
    expect(fs.readdirSync('/proc/self/fd').length).toBe(before)
  })

  it('stay inside while folders and links are exchanged', async () => {
    const source = join(folder, 'source')
    fs.writeFileSync(source, 'inside')
    fs.mkdirSync(join(root, 'spot'))
    await whileRenaming('spot', outside, scaledCount(300), async (round) => {
      const target = join(folder, `target${round % 2}`)
      await orRefused(tree.copyIn(source, 'spot/file'))
      if (await orRefused(tree.copyOut('spot/file', target)) !== undefined) expect(fs.readFileSync(target, 'utf8')).toBe('inside')
      await orRefused(tree.withFolder('spot', async (place) => { expect(fs.readlinkSync(place.replace(/\/\.$/, ''))).toMatch(/\/root\//) }))
    })
    expectNothingOutside()
  }, 180_000)
})

describe('setting up', () => {
  const setUpOnce = async (ostype: string) => {
    const values = {hostname: 'harm.example.org', net0: 'name=eth0,ip=192.0.2.5/24,gw=192.0.2.1', nameserver: '192.0.2.53', tty: '2'}
    const facts = {
      ...await factsFor(ostype, 100, values, tree, {nameServers: [], searchDomains: []}), zone: {name: 'Etc/UTC', data: Buffer.from('TZif')},
      today: 1, random: Math.random, uuid: () => '11111111-2222-3333-4444-555555555555',
    }
    const owner = {uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0}
    await applySetup(ostype, {tree, facts, owner, passwordHash: '$5$x$y', sshKeys: 'ssh-ed25519 AAAA x', hostKeys: [{type: 'rsa', secret: 'SECRET', open: 'ssh-rsa AAAA'}], warn: () => undefined}, true)
  }
  const ostypes = ['alpine', 'archlinux', 'centos', 'debian', 'devuan', 'fedora', 'gentoo', 'nixos', 'opensuse', 'ubuntu']

  it('follows no link out, be it a file or a folder', async () => {
    fs.rmSync(join(root, 'etc'), {recursive: true})
    const files = ['hostname', 'hosts', 'resolv.conf', 'shadow', 'passwd', 'localtime', 'timezone', 'inittab', 'securetty', 'crontab', 'machine-id', 'locale.conf']
    const folders = ['network', 'ssh', 'sysconfig', 'systemd', 'NetworkManager', 'conf.d', 'netplan', 'init', 'init.d', 'runlevels']
    for (const ostype of ostypes) {
      for (const target of [outside, '../../../../outside', join(outside, 'etc')]) {
        fs.mkdirSync(join(root, 'etc'))
        for (const name of files) link(`${target}/file`, `etc/${name}`)
        for (const name of folders) link(target, `etc/${name}`)
        await orRefused(setUpOnce(ostype))
        fs.rmSync(join(root, 'etc'), {recursive: true})
      }
      link(join(outside, 'etc'), 'etc')
      await orRefused(setUpOnce(ostype))
      fs.rmSync(join(root, 'etc'))
    }
    expectNothingOutside()
  })

  it('stays inside while /etc is exchanged for a link', async () => {
    await whileRenaming('etc', join(outside, 'etc'), scaledCount(50), (round) => orRefused(setUpOnce(ostypes[round % ostypes.length] ?? 'debian')))
    expectNothingOutside()
  }, 180_000)
})

describe('whole commands', () => {
  const isMapped = ['/etc/subuid', '/etc/subgid'].every((path) => fs.existsSync(path) && /^root:100000:65536$/m.test(fs.readFileSync(path, 'utf8')))
  if (!isMapped) console.log('commands for unprivileged containers: skipped, because root has no range 100000:65536 in /etc/subuid and /etc/subgid')

  it.each(['0', '1'].filter((unprivileged) => unprivileged === '0' || isMapped))('stay inside while the folder of a mount point is exchanged for a link, with unprivileged=%s', async (unprivileged) => {
    const place = await machineRoom()
    const context = await place.open()
    writeTemplate(join(place.root, 'lib/vz/template/cache/small.tar.gz'), {change: (files) => { fs.mkdirSync(join(files, 'srv/spot')) }})
    await pct('create', {vmid: 200, ostemplate: 'local:vztmpl/small.tar.gz', rootfs: 'local:0', mp0: 'local:0.02,mp=/srv/spot/data', unprivileged}, context)
    tree.close()
    root = join(place.root, 'lib/vz/images/200/subvol-200-disk-0.subvol/srv')
    tree = openFileTree(root)
    fs.chmodSync(outside, 0o777)
    fs.mkdirSync(join(outside, 'data'))
    const [source, target] = [join(folder, 'source'), join(folder, 'target')]
    fs.writeFileSync(source, 'inside')
    const commands: (readonly [string, Readonly<Record<string, unknown>>])[] = [
      ['push', {file: source, destination: '/srv/spot/file'}], ['pull', {path: '/srv/spot/file', destination: target}], ['mount', {}], ['unmount', {}], ['set', {mp0: 'local:200/vm-200-disk-1.raw,mp=/srv/spot/data/deep'}],
      ['start', {}], ['push', {file: source, destination: '/srv/spot/data/file'}], ['pull', {path: '/srv/spot/file', destination: target}], ['stop', {}], ['set', {mp0: 'local:200/vm-200-disk-1.raw,mp=/srv/spot/data'}],
    ]
    await whileRenaming('spot', outside, scaledCount(commands.length), async (round) => {
      const [command, words] = commands[round % commands.length] ?? ['unlock', {}]
      await orRefused(pct(command, {vmid: 200, ...words}, context))
      if (fs.existsSync(target)) expect(fs.readFileSync(target, 'utf8')).toBe('inside')
      expect(fs.readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(outside)
    })
    for (const command of ['stop', 'unmount']) await orRefused(pct(command, {vmid: 200}, context))
    fs.rmdirSync(join(outside, 'data'))
    expectNothingOutside()
  }, 300_000)
})
