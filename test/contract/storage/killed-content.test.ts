// Commands that bring something onto a storage, killed at every point where they write down what they do: nothing of them is left, be it that `corral
// doctor` comes next or the same command once more, which does its work.
import {spawn} from 'node:child_process'
import {chmod, mkdir, mkdtemp, readFile, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {catalog} from '../../../src/lib/catalog.ts'
import {nbdLeftoversCheck} from '../../../src/lib/storage/nbd-leftovers-check.ts'
import type {Context} from '../../../src/lib/tasks/index.ts'
import {runHandler} from '../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../support/built.ts'
import type {Installation} from '../../unit/tasks/demo/installation.ts'
import {installation} from '../../unit/tasks/demo/installation.ts'

interface Scene {
  readonly command: string
  readonly prepare: (place: Installation, context: Context) => Promise<Readonly<Record<string, unknown>>>
  /** Once the command was done. */
  readonly done: (place: Installation, context: Context) => Promise<void>
  /** Files and names that there are when it was undone. */
  readonly left: (place: Installation) => Promise<readonly string[]>
  /** What has its name is whole, and stays: a file of content. */
  readonly staysWhenWhole?: boolean
}

interface Ended { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stderr: string }

/** Programs in the folder `bin` stand in for those of the host. */
async function inProcess(place: Installation, command: string, params: object, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const program = await builtProgram('test/contract/storage/storage-program.ts')
  const child = spawn(process.execPath, [program, command, JSON.stringify(params)], {
    env: {CORRAL_ROOT: place.root, CORRAL_NODE: 'h1', PATH: `${place.folder}/bin:${process.env['PATH'] ?? ''}`, ...env}, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  return new Promise((resolve) => { child.once('close', (code, signal) => { resolve({code, signal, stderr}) }) })
}

async function doctor(context: Context): Promise<void> {
  const entry = catalog.commands['corral doctor']
  if (entry === undefined) throw new Error('there is no doctor')
  const {handler} = await entry.handler()
  await runHandler(handler, {}, context)
}

/** @returns how often it was killed */
async function killEverywhere(what: 'RECORD' | 'STEP', {command, prepare, done, left, staysWhenWhole = false}: Scene): Promise<number> {
  for (let k = 1; k < 20; k++) {
    const place = await installation({catalog})
    await mkdir(join(place.folder, 'bin'))
    const context = await place.open()
    const params = await prepare(place, context)
    const before = await left(place)
    const end = await inProcess(place, command, params, {[`CORRAL_TEST_STOP_AFTER_${what}`]: String(k)})
    if (end.signal === null) {
      expect(end, end.stderr).toMatchObject({code: 0})
      await done(place, context)
      return k - 1
    }
    expect(end.signal).toBe('SIGKILL')
    if (what === 'RECORD' || staysWhenWhole) {
      await doctor(context)
      expect(await readJournals(context.store)).toEqual([])
      if (what === 'STEP') { await done(place, context); continue }
      expect(await left(place)).toEqual(before)
    }
    const again = await inProcess(place, command, params)
    expect(again, `${what} ${k}: ${again.stderr}`).toMatchObject({code: 0})
    expect(await readJournals(context.store)).toEqual([])
    await done(place, context)
  }
  throw new Error('it does not come to its end')
}

async function standIn(place: Installation, name: string, script: string): Promise<void> {
  const path = join(place.folder, 'bin', name)
  await writeFile(path, `#!/bin/sh\n${script}`)
  await chmod(path, 0o755)
}

const filesOf = async (place: Installation, folder = 'lib/vz') => (await readdir(join(place.root, folder), {recursive: true, withFileTypes: true}).catch(() => []))
  .filter((entry) => entry.isFile()).map(({name}) => name).sort()

const image = Buffer.alloc(1024 ** 2, 'an image ')

const importing: Scene = {
  command: 'pvesm import',
  prepare: async (place) => {
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(BigInt(image.length))
    await writeFile(join(place.folder, 'stream'), Buffer.concat([size, image]))
    return {volume: 'local:100/vm-100-disk-0.raw', format: 'raw+size', filename: join(place.folder, 'stream')}
  },
  left: filesOf,
  done: async (place) => {
    expect(await filesOf(place)).toEqual(['vm-100-disk-0.raw'])
    expect((await readFile(join(place.root, 'lib/vz/images/100/vm-100-disk-0.raw'))).equals(image)).toBe(true)
  },
}

const isoIsThere: Scene['done'] = async (place) => {
  expect(await filesOf(place)).toEqual(['x.iso'])
  expect((await readFile(join(place.root, 'lib/vz/template/iso/x.iso'))).equals(image)).toBe(true)
}

const uploading: Scene = {
  command: 'corral storage upload',
  prepare: async (place) => {
    await writeFile(join(place.folder, 'x.iso'), image)
    return {storage: 'local', file: join(place.folder, 'x.iso'), content: 'iso'}
  },
  left: filesOf, done: isoIsThere, staysWhenWhole: true,
}

const downloading: Scene = {
  command: 'corral storage download-url',
  prepare: async (place) => {
    await writeFile(join(place.folder, 'x.iso'), image)
    await standIn(place, 'curl', `cat '${place.folder}/x.iso'; printf '\\n200 ' >&2\n`)
    return {storage: 'local', url: 'http://192.0.2.1/x.iso', content: 'iso', filename: 'x.iso'}
  },
  left: filesOf, done: isoIsThere, staysWhenWhole: true,
}

const updating: Scene = {
  command: 'pveam update',
  prepare: async (place) => {
    const index = join(place.folder, 'aplinfo.dat')
    await writeFile(index, 'Package: debian\nVersion: 13\nType: lxc\nSection: system\nLocation: debian_13_amd64.tar.gz\nArchitecture: amd64\n')
    return {index}
  },
  // An index that was fetched is kept by its address, and of no use without the address.
  left: async () => [],
  done: async (place, context) => {
    expect((await context.store.read('aplinfo.cfg'))?.data).toContain(`${place.folder}/aplinfo.dat`)
    expect(await filesOf(place, 'lib/aplinfo')).toHaveLength(1)
  },
}

const volumes = '{"report":[{"lv":[{"lv_name":"vm-1-disk-0","lv_size":"4194304","lv_attr":"-wi-a-----","lv_tags":"","lv_time":""}]}]}'
const groups = '{"report":[{"vg":[{"vg_name":"x","vg_size":"8388608","vg_free":"4194304","vg_extent_size":"4194304"}]}]}'

const grouping: Scene = {
  command: 'pvesm add',
  prepare: async (place, context) => {
    await context.store.commit({put: {'storage.cfg': 'lvm: under\n\tvgname under\n\tcontent images\n\n'}})
    const mark = join(place.folder, 'made')
    for (const [name, script] of Object.entries({
      lvs: `echo '${volumes}'\n`, vgs: `echo '${groups}'\n`, lvchange: 'true\n', wipefs: 'true\n', vgcreate: `echo made >> '${mark}'\n`,
      pvs: `[ -e '${mark}' ] && echo '{"report":[{"pv":[{"pv_name":"x","vg_name":"over"}]}]}' && exit\necho 'Failed to find physical volume' >&2; exit 5\n`,
    })) await standIn(place, name, script)
    return {type: 'lvm', storage: 'over', vgname: 'over', base: 'under:vm-1-disk-0', content: 'images'}
  },
  left: async () => [],
  done: async (place, context) => {
    expect((await context.store.read('storage.cfg'))?.data.match(/^lvm: over$/gm)).toHaveLength(1)
    expect(await readFile(join(place.folder, 'made'), 'utf8')).toBe('made\n')
  },
}

describe.each(['RECORD', 'STEP'] as const)('killed after any %s', (what) => {
  it.each([importing, uploading, downloading, updating, grouping])('$command leaves nothing, and does it the next time', async (scene) => {
    // A plan of which each step is whole or not at all may need no record.
    expect(await killEverywhere(what, scene)).toBeGreaterThan(scene === updating || what === 'RECORD' ? -1 : 0)
  }, 240_000)
})

describe('killed in the middle of a stream', () => {
  it('an import leaves the folder of its socket, which the doctor finds, and no other', async () => {
    const place = await installation({catalog})
    const context = await place.open()
    await mkdir(join(place.folder, 'bin'))
    const params = await importing.prepare(place, context)
    // Once the disk is open, whoever wanted it is killed.
    await standIn(place, 'qemu-nbd', 'kill -9 "$PPID"\n')
    expect(await inProcess(place, 'pvesm import', params)).toMatchObject({signal: 'SIGKILL'})
    const foreign = await mkdtemp('/tmp/.corral-foreign-')
    const found = await nbdLeftoversCheck.find(context)
    expect(found.length).toBeGreaterThan(0)
    expect(found.every(({what}) => /^The folder \/tmp\/\.corral-\d+-\d+-[0-9a-f]+\.tmp is left of a stream/.test(what))).toBe(true)
    await doctor(context)
    // Those of other tests may have come meanwhile.
    const stay = (await nbdLeftoversCheck.find(context)).map(({what}) => what)
    expect(found.filter(({what}) => stay.includes(what))).toEqual([])
    expect(await filesOf(place)).toEqual([])
    await context.host.files.removeTree(foreign)
  }, 120_000)
})
