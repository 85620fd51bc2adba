// Entry 10: templates of containers that mean harm, for privileged containers, where the programs that unpack are the host's root, and for unprivileged ones.
// Nothing outside is read or written, nothing hangs, and what is refused is taken back.
import fs from 'node:fs'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {beforeEach, describe, expect, it} from 'vitest'
import {AppError} from '../../src/lib/base/index.ts'
import {catalog} from '../../src/lib/catalog.ts'
import {checkParams} from '../../src/lib/spec/index.ts'
import {runHandler} from '../../src/lib/tasks/index.ts'
import type {Context} from '../../src/lib/tasks/index.ts'
import {paxRecord, tarArchive} from '../support/tar-archive.ts'
import type {TarEntry} from '../support/tar-archive.ts'
import type {Installation} from '../unit/tasks/demo/installation.ts'
import {images, machineRoom} from '../unit/guest/qemu/support/run-qm.ts'

const subordinate = (name: string) => fs.existsSync(name) && /^root:100000:65536$/m.test(fs.readFileSync(name, 'utf8'))
const isMapped = subordinate('/etc/subuid') && subordinate('/etc/subgid')
if (!isMapped) console.log('templates for unprivileged containers: skipped, because root has no range 100000:65536 in /etc/subuid and /etc/subgid')

let place: Installation
let context: Context
let outside: string
let vmid = 300

beforeEach(async () => {
  place = await machineRoom()
  context = await place.open()
  outside = join(place.root, 'outside')
  fs.mkdirSync(join(place.root, 'lib/vz/template/cache'), {recursive: true})
  fs.mkdirSync(outside)
  for (const name of ['file', 'hostname']) fs.writeFileSync(join(outside, name), 'outside')
  // Whoever could reach it might write it.
  fs.chmodSync(outside, 0o777)
  for (const name of ['file', 'hostname']) fs.chmodSync(join(outside, name), 0o666)
  fs.chmodSync(place.root, 0o755)
})

const folder = (name: string): TarEntry => ({name: `${name}/`, type: '5'})
const link = (name: string, target: string): TarEntry => ({name, type: '2', link: target})
const file = (name: string, data: string | Buffer = 'harm'): TarEntry => ({name, data})
/** A number of device where a header has it. */
const device = (name: string, type: '3' | '4', numbers: string): TarEntry => ({name, type, patch: {329: numbers}})
const zero = '0000001\x000000005\0'
const extended = (...records: (readonly [string, string])[]): TarEntry => ({name: 'PaxHeader', type: 'x', data: records.map(([key, value]) => paxRecord(key, value)).join('')})
const long = (type: 'L' | 'K', data: string): TarEntry => ({name: '././@LongLink', type, data: `${data}\0`})
const base: readonly TarEntry[] = [folder('etc'), file('etc/debian_version', '12.4\n')]

/** What is outside, to the bit: names, contents, owners, modes, links and times. */
function lookOutside(): string[] {
  return ['.', ...fs.readdirSync(outside).sort()].map((name) => {
    const {mode, uid, gid, nlink, size, mtimeMs, ctimeMs} = fs.lstatSync(join(outside, name))
    return JSON.stringify([name, mode, uid, gid, nlink, size, mtimeMs, ctimeMs, name === '.' ? '' : fs.readFileSync(join(outside, name), 'utf8')])
  })
}

/** Everything below a folder that is a file of any measure, without following anything. */
function filesBelow(path: string): string[] {
  return fs.readdirSync(path, {withFileTypes: true}).flatMap((entry) => entry.isDirectory() ? filesBelow(join(path, entry.name)) : entry.isFile() && fs.lstatSync(join(path, entry.name)).size < 1024 ** 2 ? [join(path, entry.name)] : [])
}

async function pct(command: string, input: Readonly<Record<string, unknown>>): Promise<string> {
  const entry = catalog.commands[`pct ${command}`]
  if (entry === undefined) throw new Error(`there is no pct ${command}`)
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  try {
    await runHandler(handler, checkParams(spec.params, input), context)
    return 'done'
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'internal') throw error
    return `${error.kind}: ${error.message}`
  }
}

/** A container is made of it, or refused and taken back; either way nothing outside has changed. @returns how it went, and what was looked at before the container went */
async function tried<T>(archive: Buffer, words: Readonly<Record<string, unknown>>, look: (root: string) => T = () => undefined as T): Promise<{end: string; seen: T | undefined}> {
  vmid += 1
  fs.writeFileSync(join(place.root, 'lib/vz/template/cache/harm.tar'), archive)
  const before = lookOutside()
  const end = await pct('create', {vmid, ostemplate: 'local:vztmpl/harm.tar', rootfs: 'local:0', hostname: 'harmless', net0: 'name=eth0,ip=dhcp', ...words})
  const root = join(place.root, `lib/vz/images/${vmid}/subvol-${vmid}-disk-0.subvol`)
  let seen: T | undefined
  if (end === 'done') {
    // Nor has anything been read.
    for (const path of filesBelow(root)) expect(fs.readFileSync(path, 'latin1').includes('outside'), path).toBe(false)
    seen = look(root)
    expect(await pct('destroy', {vmid})).toBe('done')
  }
  expect(lookOutside()).toEqual(before)
  expect([await images(place), await context.store.list('vmids')]).toEqual([[], []])
  return {end, seen}
}

describe.each([['privileged', '0'], ['unprivileged', '1']].filter(([, unprivileged]) => unprivileged === '0' || isMapped))('a template for a container that is %s', (_name, unprivileged) => {
  // What can be unpacked is, so that more of it is tried, and set up.
  const words = {unprivileged, 'ignore-unpack-errors': true}
  const made = <T>(entries: readonly TarEntry[], look?: (root: string) => T) => tried(tarArchive([...base, ...entries]), words, look)

  it('writes through no link, wherever it leads', async () => {
    const targets = [outside, `../../../../../../../../../../..${outside}`, `/proc/1/root${outside}`, `/proc/self/cwd${outside}`]
    const through = targets.flatMap((target, index) => [
      link(`out${index}`, target), file(`out${index}/file`), folder(`out${index}/new`), {name: `out${index}/hard`, type: '1', link: `out${index}/file`},
      link(`up${index}`, '..'), link(`up${index}/b`, target), file(`up${index}/b/file`),
    ])
    await made([...through, link('etc/hostname', join(outside, 'hostname')), link('etc/network', outside), link('etc/hosts', `${targets[1] ?? ''}/file`)])
    await tried(tarArchive([link('etc', outside), file('etc/file'), file('etc/debian_version', '12\n')]), words)
    await tried(tarArchive([link('.', outside), link('./', outside), ...base, file('./file')]), words)
  }, 180_000)

  it('takes no name for another one: dots, absolute names, names of extended headers, names twice', async () => {
    const dots = `${'../'.repeat(12)}${outside.slice(1)}/file`
    await made([dots, `${outside}/file`, `etc/${dots}`, `./${dots}`].flatMap((name, index) => [
      file(name.slice(0, 100)), extended(['path', name]), file('plain'), long('L', name), file('plain'),
      {name: `hard${index}`, type: '1', link: name.slice(0, 100)}, file(`hard${index}`), long('K', name), {name: `harder${index}`, type: '1', link: 'x'}, file(`harder${index}`),
      extended(['linkpath', name]), link(`soft${index}`, 'x'), file(`soft${index}`),
    ]))
    await made([
      link('etc/debian_version', join(outside, 'file')), file('etc/debian_version'), link('twice', outside), folder('twice'), file('twice/file'), link('twice', outside), file('twice/file'),
      folder('other'), link('other', outside), file('other/file'),
    ])
  }, 180_000)

  it('opens no device, and stands still at no pipe', async () => {
    const {seen} = await made([device('zero', '3', zero), file('zero')], (root) => [fs.lstatSync(join(root, 'zero')).isFile(), fs.readFileSync(join(root, 'zero'), 'utf8')])
    expect(seen).toEqual([true, 'harm'])
    const {end} = await made([device('etc/network', '3', zero), {name: 'etc/hosts', type: '6'}, {name: 'etc/resolv.conf', type: '6'}])
    expect(end).toMatch(/^conflict: .* is (?:not a plain file|no folder)$/)
    await made([{name: 'etc/passwd', type: '6'}, {name: 'etc/shadow', type: '6'}, {name: 'etc/os-release', type: '6'}, {name: 'etc/hostname', type: '6'}, file('etc/hostname')])
  }, 180_000)

  it('does not fill the memory or the disk', async () => {
    const huge = 8 * 1024 ** 4
    // A file that is told to be huge and mostly holes takes no room; in a file system it may be more than that can have.
    await tried(tarArchive([...base, extended(['GNU.sparse.major', '1'], ['GNU.sparse.minor', '0'], ['GNU.sparse.name', 'holes'], ['GNU.sparse.realsize', String(huge)]), file('holes', Buffer.from(`1\n${huge}\n0\n`.padEnd(512, '\0')))]), words)
    // Headers as long as the archive, which tar has in memory.
    const declared = {name: 'PaxHeader', type: 'x', patch: {124: '77777777777\0'}}
    for (const type of ['x', 'L']) expect((await tried(tarArchive([...base, {...declared, type}, file('x')]), words)).end).toMatch(/^(?:done$|invalid-input: |unavailable: )/)
    const bomb = gzipSync(Buffer.concat([tarArchive([...base, {name: 'zeros', size: 64 * 1024 ** 2}], Buffer.alloc(0)), Buffer.alloc(64 * 1024 ** 2)]), {level: 1})
    expect((await tried(bomb, {...words, rootfs: 'local:0.02'})).end).toMatch(/^unavailable: .*(?:holds more than|too small)/)
  }, 300_000)

  it('may have names that no file can have, and numbers that are none', async () => {
    const names = ['n'.repeat(300), 'a/'.repeat(3000), 'line\nbreak', '\u001B]0;title\u0007', '-rf', '--to-command=touch x', '\xff\xfe']
    const owners = [108, 116].map((field) => ({name: `owner${field}`, patch: {[field]: Buffer.from('\x80\xff\xff\xff\xff\xff\xff\xff', 'latin1')}}))
    await made([...names.flatMap((name) => [long('L', name), file('x', 'x')]), ...owners])
    for (const size of ['-0000000001\0', '\x80\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff', 'words words\0']) await made([{name: 'x', patch: {124: Buffer.from(size, 'latin1')}}])
  }, 180_000)
})
