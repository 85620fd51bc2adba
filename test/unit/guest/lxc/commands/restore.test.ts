// Restoring containers, privileged ones in folders, on the real tools of this machine.
import {execFileSync} from 'node:child_process'
import {readFileSync, statSync, truncateSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {Readable} from 'node:stream'
import {beforeEach, describe, expect, it} from 'vitest'
import {AppError} from '../../../../../src/lib/base/index.ts'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'
import type {Context, Terminal} from '../../../../../src/lib/tasks/index.ts'
import {writeBackup} from '../../../../support/container-template.ts'
import {tarArchive} from '../../../../support/tar-archive.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {images, machineRoom} from '../../qemu/support/run-qm.ts'

const conf = `#notes of the old one
hostname: old
lock: backup
memory: 128
mp0: local:100/subvol-100-disk-1.subvol,backup=1,mp=/srv/data,size=0T
net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,type=veth
ostype: debian
rootfs: local:100/subvol-100-disk-0.subvol,size=0T
unused0: local:100/vm-100-disk-7.raw
lxc.prlimit.nofile: 1024
`
const name = 'local:backup/vzdump-lxc-100-2026_01_31-03_00_00.tar'

let place: Installation
let context: Context
let file: string
const warnings: string[] = []

beforeEach(async () => {
  place = await machineRoom()
  const opened = await place.open()
  warnings.length = 0
  context = {...opened, log: {...opened.log, warn: (message) => { warnings.push(message) }}}
  file = join(place.root, 'lib/vz/dump/vzdump-lxc-100-2026_01_31-03_00_00.tar')
})

async function restore(words: Readonly<Record<string, unknown>>, more: Partial<Context> = {}): Promise<void> {
  const entry = catalog.commands['pct restore']
  if (entry === undefined) throw new Error('there is no pct restore')
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  await runHandler(handler, checkParams(spec.params, {vmid: 200, ostemplate: name, restore: true, ...words}), {...context, ...more})
}

async function refusal(words: Readonly<Record<string, unknown>>, more: Partial<Context> = {}): Promise<string | undefined> {
  try {
    await restore(words, more)
    return undefined
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return `${error.kind}: ${error.message}`
  }
}
const config = async () => (await context.store.read('nodes/h1/lxc/200.conf'))?.data ?? ''
const inRoot = (path: string) => join(place.root, 'lib/vz/images/200/subvol-200-disk-0.subvol', path)
const backup = (text = conf, path = file) => writeBackup(path, text, {firewall: '[OPTIONS]\n\nenable: 1\n', change: (tree) => {
  execFileSync('sh', ['-c', 'mkdir -p srv/data && echo precious >srv/data/x && chown 33:34 srv/data && chmod 2750 srv/data && chmod 700 etc && truncate -s 8M root/sparse && ln etc/passwd etc/linked && mkfifo run/pipe && touch -d 2001-02-03 root', 'sh'], {cwd: tree})
}})

describe('what comes back', () => {
  it('volumes as large as they were, to the byte', async () => {
    const sizes = {rootfs: 33_554_432 + 1024, mp0: 10 * 1024 * 1024 + 512 * 3}
    backup(`rootfs: local:100/vm-100-disk-0.raw,size=${sizes.rootfs / 1024}K\nmp0: local:100/vm-100-disk-1.raw,backup=1,mp=/srv/data,size=${sizes.mp0}\n`)
    await restore({})
    expect(['vm-200-disk-0.raw', 'vm-200-disk-1.raw'].map((each) => statSync(join(place.root, 'lib/vz/images/200', each)).size).sort()).toEqual(Object.values(sizes).sort())
  }, 300_000)

  it('the configuration apart from what was true of the old one only, its rules, and the files with their owners and modes in their volumes', async () => {
    backup()
    await restore({})
    expect((await context.store.read('firewall/200.fw'))?.data).toBe('[OPTIONS]\n\nenable: 1\n')
    expect(await config()).toBe(`#notes of the old one
arch: amd64
hostname: old
memory: 128
mp0: local:200/subvol-200-disk-1.subvol,backup=1,mp=/srv/data,size=0T
net0: bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,name=eth0,type=veth
ostype: debian
rootfs: local:200/subvol-200-disk-0.subvol,size=0T
swap: 512
lxc.prlimit.nofile: 1024
`)
    const data = join(place.root, 'lib/vz/images/200/subvol-200-disk-1.subvol')
    expect(readFileSync(join(data, 'x'), 'utf8')).toBe('precious\n')
    const of = (path: string) => { const {uid, gid, mode} = statSync(path); return [uid, gid, (mode & 0o7777).toString(8)] }
    expect([of(data), of(inRoot('etc')), of(inRoot('.'))]).toEqual([[33, 34, '2750'], [0, 0, '700'], [0, 0, '755']])
    expect(statSync(inRoot('root/sparse'))).toMatchObject({size: 8 * 1024 * 1024, blocks: 0})
    expect(statSync(inRoot('root')).mtime.getFullYear()).toBe(2001)
    expect(statSync(inRoot('etc/linked')).ino).toBe(statSync(inRoot('etc/passwd')).ino)
    expect(statSync(inRoot('run/pipe')).isFIFO()).toBe(true)
    expect(() => statSync(inRoot('etc/vzdump'))).toThrow('ENOENT')
    expect(warnings).toEqual([expect.stringContaining('lxc.prlimit.nofile: 1024')])
  })

  it('what is given goes before it; --unique makes new addresses', async () => {
    backup()
    await restore({hostname: 'new', memory: '64', unique: true, rootfs: 'local:0'})
    expect(await config()).toMatch(/^hostname: new$/m)
    expect(await config()).toMatch(/^net0: .*hwaddr=(?!BC:24:11:00:00:01)[0-9A-F:]{17},/m)
    expect(await config()).not.toContain('mp0:')
    expect(readFileSync(inRoot('srv/data/x'), 'utf8')).toBe('precious\n')
  })

  it('from an archive that is compressed, by its path, whatever its name', async () => {
    const plain = tarArchive([{name: './etc/vzdump/pct.conf', data: 'rootfs: local:100/x,size=0T\n'}, {name: './', type: '5'}, {name: './file', data: 'precious\n'}])
    for (const [index, program] of ['gzip', 'bzip2', 'xz', 'zstd', 'lzop'].entries()) {
      const path = join(place.root, 'whatever')
      writeFileSync(path, execFileSync(program, ['-c'], {input: plain}))
      await restore({ostemplate: path, vmid: 201 + index})
      expect(readFileSync(join(place.root, `lib/vz/images/${201 + index}/subvol-${201 + index}-disk-0.subvol/file`), 'utf8'), program).toBe('precious\n')
    }
  })

  it('from standard input, into the volumes that are given', async () => {
    backup()
    const terminal = {input: Readable.from([readFileSync(file)], {objectMode: false}), output: process.stdout} as unknown as Terminal
    await restore({ostemplate: '-', rootfs: 'local:0', unprivileged: '0', hostname: 'piped'}, {terminal})
    expect(await config()).toMatch(/^#notes of the old one\narch: amd64\nhostname: piped\nmemory: 128\nnet0: .*\nostype: debian\nrootfs: local:200\/subvol-200-disk-0\.subvol,size=0T\nswap: 512\nlxc\.prlimit/)
    expect(await refusal({vmid: 201, ostemplate: '-'})).toBe('invalid-input: the root file system has to be given for an archive on standard input')
  })
})

it('is a template again when the backup is of one', {timeout: 120_000}, async () => {
  backup(`${conf.replace(/^mp0.*\n/m, '')}template: 1\n`)
  expect(await refusal({start: true, rootfs: 'local:0.05'})).toBe('invalid-input: the backup is of a template, which cannot be started')
  await restore({rootfs: 'local:0.05'})
  expect(await images(place)).toEqual(['200/base-200-disk-0.raw'])
  expect(await config()).toMatch(/^rootfs: local:200\/base-200-disk-0\.raw,size=\d+[KM]\n[^]*^template: 1$/m)
  const terminal = {input: Readable.from([readFileSync(file)], {objectMode: false}), output: process.stdout} as unknown as Terminal
  await restore({vmid: 201, ostemplate: '-', rootfs: 'local:0', unprivileged: '0'}, {terminal})
  expect(warnings.join('\n')).toContain('the backup is of a template')
})

describe('in the place of a container', () => {
  const others = async () => ({config: await config(), images: await images(place)})

  it('only with --force, not of one that is locked or protected, and what it had is gone afterwards', async () => {
    backup()
    await restore({})
    expect(await refusal({})).toBe('conflict: container 200 exists already')
    await restore({force: true, hostname: 'second'})
    expect(await images(place)).toEqual(['200/subvol-200-disk-2.subvol', '200/subvol-200-disk-3.subvol'])
    expect(await config()).toMatch(/^hostname: second$/m)
    for (const line of ['protection: 1', 'lock: backup']) {
      await context.store.commit({put: {'nodes/h1/lxc/200.conf': `${line}\n${await config()}`}})
      expect(await refusal({force: true})).toMatch(/^conflict: container 200 is (?:protected|locked)/)
      await context.store.commit({put: {'nodes/h1/lxc/200.conf': (await config()).replace(`${line}\n`, '')}})
    }
  })

  it('a damaged, cut off or foreign archive changes nothing', async () => {
    backup()
    await restore({})
    const before = await others()
    const whole = readFileSync(file)
    const bad = join(place.root, 'bad')
    const compressed = execFileSync('zstd', ['-q', '-c', file], {maxBuffer: 64 * 1024 * 1024})
    const damaged = Buffer.from(whole)
    // A header in the middle: the checksum is wrong.
    damaged.fill(0x41, damaged.indexOf('./bin/busybox\0'), damaged.indexOf('./bin/busybox\0') + 40)
    const cases: readonly (readonly [Buffer, RegExp])[] = [
      [whole.subarray(0, whole.length - 20_480), /cut off|Unexpected EOF/], [whole.subarray(0, Math.floor(whole.length / 2)), /cut off|Unexpected EOF/],
      [compressed.subarray(0, Math.floor(compressed.length / 2)), /damaged or cut off|Unexpected EOF/], [compressed.subarray(0, compressed.length - 3), /damaged or cut off/], [damaged, /could not be unpacked/],
      [Buffer.alloc(1024), /cannot be unpacked/], [Buffer.from('nothing'), /cannot be unpacked/], [tarArchive([{name: './etc/hostname', data: 'x'}]), /is no backup of a container/],
      [tarArchive([{name: './etc/vzdump/pct.conf', data: 'hostname\n'}]), /cannot be read/], [tarArchive([{name: './etc/vzdump/pct.conf', size: 5 * 1024 * 1024}]), /cannot be read/],
      [tarArchive([{name: './etc/vzdump/pct.conf', data: 'hostname: x\n'}]), /does not say what its root file system was/],
      [tarArchive([{name: './etc/vzdump/pct.conf', data: 'rootfs: local:100/x.raw\n'}]), /does not say how large 'rootfs' was/],
    ]
    for (const [data, reason] of cases) {
      writeFileSync(bad, data)
      expect(await refusal({ostemplate: bad, force: true}), String(reason)).toMatch(reason)
      expect(await others(), String(reason)).toEqual(before)
    }
    writeFileSync(`${bad}.vma.zst`, compressed)
    expect(await refusal({ostemplate: `${bad}.vma.zst`, force: true})).toMatch(/is the backup of a virtual machine/)
  }, 60_000)
})

it('goes on past what cannot be unpacked, if told so', async () => {
  backup()
  truncateSync(file, statSync(file).size - 20_480)
  expect(await refusal({})).toMatch(/cut off|Unexpected EOF/)
  await restore({'ignore-unpack-errors': true})
  expect(readFileSync(join(place.root, 'lib/vz/images/200/subvol-200-disk-1.subvol/x'), 'utf8')).toBe('precious\n')
})

it('brings back what reaches into the host for root alone', async () => {
  backup(conf.replace('hostname: old', 'hookscript: local:snippets/x\nhostname: old\nmp1: /etc,mp=/host,backup=1'))
  const caller = {user: 'someone@pam', isRoot: false}
  expect(await refusal({}, {caller})).toMatch(/permission|forbidden|^forbidden: /)
  await restore({})
  expect(await config()).toMatch(/^mp1: \/etc,mp=\/host,backup=1$/m)
  expect(warnings.join('\n')).toMatch(/hookscript: local:snippets\/x[^]*mp1: \/etc/)
})

it('refuses the backup of a virtual machine, and a password for what has one', async () => {
  writeFileSync(backup().replace('vzdump-lxc', 'vzdump-qemu').replace('.tar', '.vma'), 'VMA')
  expect(await refusal({ostemplate: name.replace('vzdump-lxc', 'vzdump-qemu').replace('.tar', '.vma')})).toMatch(/is the backup of a virtual machine/)
  expect(await refusal({password: 'secret'})).toMatch(/'password' is for new containers/)
})
