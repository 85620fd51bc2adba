// Commands whose process is killed after every journal record and every step: whoever comes next finds nothing orphaned and nothing lost.
import {spawn} from 'node:child_process'
import {mkdtemp, open, readFile, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {AppError} from '../../../../../src/lib/base/index.ts'
import {parseQemuConfig} from '../../../../../src/lib/guest/qemu/config/index.ts'
import {referencedVolumes} from '../../../../../src/lib/guest/qemu/pending.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {writeMachineBackup} from '../../../../support/machine-backup.ts'
import {makeAppliance} from '../../../../support/appliance.ts'
import {builtProgram} from '../../../../support/built.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {images, machineRoom, qm, storedConfig, storedKey} from '../support/run-qm.ts'

interface End {readonly code: number | null; readonly signal: string | null; readonly stderr: string}

async function inProcess(command: string, params: Readonly<Record<string, unknown>>, root: string, env: Readonly<Record<string, string>> = {}): Promise<End> {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const child = spawn(process.execPath, [program, `qm ${command}`, JSON.stringify(params)], {
    env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', ...env}, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  return new Promise((resolve) => { child.once('close', (code, signal) => { resolve({code, signal, stderr}) }) })
}

interface Scene {
  readonly command: string
  readonly params: Readonly<Record<string, unknown>>
  /** What is there before. */
  readonly before: (context: Context, place: Installation) => Promise<void>
  /** What must hold after the next command, in words of the scene. */
  readonly afterwards: (place: Installation, context: Context) => Promise<void>
}

/** Kills the command after the k-th record or step, for k = 1, 2, … until it comes to its end alive. Gives the number of kills. */
async function killEverywhere(what: 'RECORD' | 'STEP', scene: Scene): Promise<number> {
  for (let k = 1; k < 50; k++) {
    const place = await machineRoom()
    const context = await place.open()
    await scene.before(context, place)
    const end = await inProcess(scene.command, scene.params, place.root, {[`CORRAL_TEST_STOP_AFTER_${what}`]: String(k)})
    if (end.signal === null) {
      expect(end).toMatchObject({code: 0, stderr: ''})
      await assertNothingLoose(place, context)
      return k - 1
    }
    expect(end.signal, `${what} ${k}`).toBe('SIGKILL')
    // Any next command of this guest clears up first, whatever becomes of it itself.
    await qm('unlock', {vmid: 100}, context).catch((error: unknown) => { if (!(error instanceof AppError) || error.kind !== 'not-found') throw error })
    expect(await readJournals(context.store), `${what} ${k}`).toEqual([])
    await scene.afterwards(place, context)
  }
  throw new Error('it does not come to its end')
}

/** Every image is named by a configuration, and every volume that is named exists. The name of a linked clone begins with that of its base. */
async function assertNothingLoose(place: Installation, context: Context): Promise<void> {
  const files = await context.store.list('nodes/h1/qemu-server')
  const named = files.flatMap(({data}) => referencedVolumes(parseQemuConfig(data))).map((volume) => volume.replace('local:', '').split('/').slice(-2).join('/'))
  expect(await images(place)).toEqual([...new Set(named)].sort())
  expect((await context.store.list('vmids')).map(({path}) => path)).toEqual(files.map(({path}) => `vmids/${/(\d+)\.conf$/.exec(path)?.[1] ?? ''}`))
}

async function writeMark(place: Installation, image: string): Promise<void> {
  const handle = await open(join(place.root, 'lib/vz/images', image), 'r+')
  await handle.write('precious')
  await handle.close()
}

async function readMark(place: Installation, image: string): Promise<string> {
  const handle = await open(join(place.root, 'lib/vz/images', image), 'r')
  try {
    return (await handle.read(Buffer.alloc(8), 0, 8, 0)).buffer.toString()
  } finally {
    await handle.close()
  }
}

const oneDisk = (context: Context) => qm('create', {vmid: 100, scsi0: 'local:0.01'}, context).then(() => undefined)

describe.each(['RECORD', 'STEP'] as const)('killed after any %s', (what) => {
  it('a create leaves nothing, and the VMID is free', async () => {
    const kills = await killEverywhere(what, {
      command: 'create', params: {vmid: 100, scsi0: 'local:0.01', scsi1: 'local:0.01,format=qcow2', efidisk0: 'local:1,efitype=4m'},
      before: async () => undefined,
      afterwards: async (place, context) => {
        expect(await storedConfig(100, context)).toBeUndefined()
        expect(await images(place)).toEqual([])
        await assertNothingLoose(place, context)
        await qm('create', {vmid: 100, scsi0: 'local:0.01'}, context)
        await assertNothingLoose(place, context)
      },
    })
    // The reservation, three disks and the configuration; the template of the variables needs no record.
    expect(kills).toBe(what === 'RECORD' ? 5 : 6)
  }, 120_000)

  it('a create with a cloud-init drive leaves nothing', async () => {
    const kills = await killEverywhere(what, {
      command: 'create', params: {vmid: 100, ide2: 'local:cloudinit', ciuser: 'joe'},
      before: async () => undefined,
      afterwards: async (place, context) => {
        expect(await images(place)).toEqual([])
        await assertNothingLoose(place, context)
      },
    })
    expect(kills).toBe(3)
  }, 120_000)

  it('a cloud-init drive that comes, goes and moves is whole or not there, with its volume', async () => {
    const before = async (context: Context) => { await qm('create', {vmid: 100, ciuser: 'joe'}, context) }
    const add = await killEverywhere(what, {
      command: 'set', params: {vmid: 100, ide2: 'local:cloudinit'}, before,
      afterwards: (place, context) => assertNothingLoose(place, context),
    })
    expect(add).toBe(2)
    const remove = await killEverywhere(what, {
      command: 'set', params: {vmid: 100, delete: 'ide2'},
      before: async (context) => { await before(context); await qm('set', {vmid: 100, ide2: 'local:cloudinit'}, context) },
      afterwards: async (place, context) => {
        await assertNothingLoose(place, context)
        expect(await images(place)).toEqual([])
      },
    })
    expect(remove).toBe(what === 'RECORD' ? 1 : 2)
  }, 120_000)

  it('an update of the cloud-init drive is finished: nothing is left of the settings beside it', async () => {
    const kills = await killEverywhere(what, {
      command: 'cloudinit update', params: {vmid: 100},
      before: async (context) => {
        await qm('create', {vmid: 100, ide2: 'local:cloudinit', ciuser: 'joe'}, context)
        await qm('set', {vmid: 100, ciuser: 'jim'}, context)
        expect(await storedConfig(100, context)).toContain('[special:cloudinit]\nciuser: joe\n')
      },
      afterwards: async (place, context) => {
        await assertNothingLoose(place, context)
        expect(await storedConfig(100, context)).not.toContain('special:cloudinit')
        expect(await readdir(join(place.root, 'run/qemu-server'))).toEqual([])
      },
    })
    expect(kills).toBe(1)
  }, 120_000)

  it('a create with a TPM in a pool leaves nothing, and the pool as it was', async () => {
    const pool = 'pool:web::200::\n'
    const kills = await killEverywhere(what, {
      command: 'create', params: {vmid: 100, tpmstate0: 'local:1,version=v2.0', pool: 'web'},
      before: async (context) => { await context.store.commit({put: {'user.cfg': pool}}) },
      afterwards: async (place, context) => {
        expect(await images(place)).toEqual([])
        expect((await context.store.read('user.cfg'))?.data).toBe(pool)
        await assertNothingLoose(place, context)
      },
    })
    expect(kills).toBe(what === 'RECORD' ? 3 : 4)
  }, 240_000)

  it('an import leaves nothing, and the VMID is free', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'corral-killed-'))
    onTestFinished(() => rm(folder, {recursive: true, force: true}))
    const {archive, raw} = await makeAppliance(folder, {hardware: '<vmw:Config vmw:key="firmware" vmw:value="efi"/>'})
    const params = {vmid: 100, manifest: archive, storage: 'local'}
    const kills = await killEverywhere(what, {
      command: 'importovf', params,
      before: async () => undefined,
      afterwards: async (place, context) => {
        expect(await storedConfig(100, context)).toBeUndefined()
        expect(await images(place)).toEqual([])
        await qm('importovf', params, context)
        await assertNothingLoose(place, context)
        expect((await readFile(join(place.root, 'lib/vz/images/100/vm-100-disk-0.raw'))).equals(await readFile(raw))).toBe(true)
      },
    })
    // The reservation, two disks, the configuration; the template, the comparison and the copy need no record.
    expect(kills).toBe(what === 'RECORD' ? 4 : 7)
  }, 240_000)

  it('a restore in the place of a machine leaves that as it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'corral-killed-'))
    onTestFinished(() => rm(folder, {recursive: true, force: true}))
    const {path, scsi1} = writeMachineBackup(folder)
    const params = {vmid: 100, archive: path, force: true}
    let was: string | undefined
    const kills = await killEverywhere(what, {
      command: 'create', params,
      before: async (context, place) => { await oneDisk(context); await writeMark(place, '100/vm-100-disk-0.raw'); was = await storedConfig(100, context) },
      afterwards: async (place, context) => {
        await assertNothingLoose(place, context)
        const isDone = await storedKey(100, 'scsi1', context) !== undefined
        if (!isDone) {
          expect(await storedConfig(100, context)).toBe(was)
          expect(await readMark(place, '100/vm-100-disk-0.raw')).toBe('precious')
          await qm('create', params, context)
          await assertNothingLoose(place, context)
        }
        expect(await images(place)).toEqual(['100/vm-100-disk-1.qcow2', '100/vm-100-disk-2.raw'])
        expect((await readFile(join(place.root, 'lib/vz/images/100/vm-100-disk-2.raw'))).equals(scsi1)).toBe(true)
      },
    })
    // The lock, two disks, the configuration, and from there the removal of the old disk; that the disks are filled is a step without a record.
    expect(kills).toBe(what === 'RECORD' ? 5 : 6)
  }, 240_000)

  it('a restored template is there whole or not at all', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'corral-killed-'))
    onTestFinished(() => rm(folder, {recursive: true, force: true}))
    const {path, scsi1} = writeMachineBackup(folder, 'template: 1\n')
    const params = {vmid: 100, archive: path}
    const kills = await killEverywhere(what, {
      command: 'create', params,
      before: async () => undefined,
      afterwards: async (place, context) => {
        expect(await storedConfig(100, context)).toBeUndefined()
        expect(await images(place)).toEqual([])
        await qm('create', params, context)
        await assertNothingLoose(place, context)
        expect(await images(place)).toEqual(['100/base-100-disk-0.qcow2', '100/base-100-disk-1.raw'])
        expect((await readFile(join(place.root, 'lib/vz/images/100/base-100-disk-1.raw'))).equals(scsi1)).toBe(true)
      },
    })
    // The reservation, two disks, their two bases, the configuration; that the disks are filled is a step without a record.
    expect(kills).toBe(what === 'RECORD' ? 6 : 7)
  }, 240_000)

  it('a replaced disk is the old one again, with its data', async () => {
    const kills = await killEverywhere(what, {
      command: 'set', params: {vmid: 100, scsi0: 'local:0.02'},
      before: async (context, place) => { await oneDisk(context); await writeMark(place, '100/vm-100-disk-0.raw') },
      afterwards: async (place, context) => {
        expect(await storedKey(100, 'scsi0', context)).toBe('local:100/vm-100-disk-0.raw,size=10488K')
        expect(await storedKey(100, 'unused0', context)).toBeUndefined()
        expect(await readMark(place, '100/vm-100-disk-0.raw')).toBe('precious')
        await assertNothingLoose(place, context)
      },
    })
    expect(kills).toBe(2)
  }, 120_000)

  it('a removed unused disk is gone, from the storage and from the configuration', async () => {
    const kills = await killEverywhere(what, {
      command: 'set', params: {vmid: 100, delete: 'unused0'},
      before: async (context) => { await oneDisk(context); await qm('set', {vmid: 100, delete: 'scsi0'}, context) },
      afterwards: async (place, context) => {
        expect(await images(place)).toEqual([])
        expect(await storedKey(100, 'unused0', context)).toBeUndefined()
        await assertNothingLoose(place, context)
      },
    })
    expect(kills).toBe(what === 'RECORD' ? 1 : 2)
  }, 120_000)

  it('a new disk beside the removal of another: both or neither, and nothing that is named is gone', async () => {
    const kills = await killEverywhere(what, {
      command: 'set', params: {vmid: 100, scsi1: 'local:0.01', delete: 'unused0'},
      before: async (context) => { await qm('create', {vmid: 100, scsi0: 'local:0.01', scsi2: 'local:0.01'}, context); await qm('set', {vmid: 100, delete: 'scsi0'}, context) },
      afterwards: async (place, context) => {
        await assertNothingLoose(place, context)
        expect(await images(place)).toContain('100/vm-100-disk-1.raw')
        const isDone = await storedKey(100, 'scsi1', context) !== undefined
        expect(await storedKey(100, 'unused0', context)).toBe(isDone ? undefined : 'local:100/vm-100-disk-0.raw')
      },
    })
    // The new disk, the configuration, and from there the removal; the last step of which there is a way back is the configuration.
    expect(kills).toBe(3)
  }, 120_000)

  it.each([
    ['shutdown', {vmid: 100}], ['stop', {vmid: 100}], ['cleanup', {vmid: 100, 'clean-shutdown': true, 'guest-requested': true}],
  ])('a %s that puts a forced deletion into force: what is named is there', async (command, params) => {
    await killEverywhere(what, {
      command, params,
      before: async (context) => {
        await qm('create', {vmid: 100, scsi0: 'local:0.01', scsi1: 'local:0.01'}, context)
        await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': `${await storedConfig(100, context) ?? ''}\n[PENDING]\ndelete: !scsi0,!scsi1\n`}})
      },
      afterwards: async (place, context) => { await assertNothingLoose(place, context) },
    })
  }, 120_000)

  it.each([
    // The reservation, two disks, a cloud-init drive and the configuration; that a disk is filled needs no record.
    ['full', {full: true}, {RECORD: 5, STEP: 7}], ['linked', {}, {RECORD: 5, STEP: 5}],
  ] as const)('a %s clone leaves nothing, and its source as it was', async (_kind, params, kills) => {
    let source: string | undefined
    const killed = await killEverywhere(what, {
      command: 'clone', params: {vmid: 100, newid: 101, pool: 'web', ...params},
      before: async (context, place) => {
        await context.store.commit({put: {'user.cfg': 'pool:web::200::\n'}})
        await qm('create', {vmid: 100, scsi0: 'local:0.01', scsi1: 'local:0.01,format=qcow2', ide2: 'local:cloudinit', ciuser: 'joe'}, context)
        await writeMark(place, '100/vm-100-disk-0.raw')
        await qm('template', {vmid: 100}, context)
        source = await storedConfig(100, context)
      },
      afterwards: async (place, context) => {
        expect(await storedConfig(101, context)).toBeUndefined()
        expect(await storedConfig(100, context)).toBe(source)
        expect(await readMark(place, '100/base-100-disk-0.raw')).toBe('precious')
        expect((await context.store.read('user.cfg'))?.data).toBe('pool:web::200::\n')
        await assertNothingLoose(place, context)
      },
    })
    expect(killed).toBe(kills[what])
  }, 240_000)

  it('a machine that becomes a template is the machine that it was', async () => {
    const kills = await killEverywhere(what, {
      command: 'template', params: {vmid: 100},
      before: async (context, place) => {
        await qm('create', {vmid: 100, scsi0: 'local:0.01', scsi1: 'local:0.01,format=qcow2'}, context)
        await writeMark(place, '100/vm-100-disk-0.raw')
      },
      afterwards: async (place, context) => {
        expect(await storedKey(100, 'template', context)).toBeUndefined()
        expect(await readMark(place, '100/vm-100-disk-0.raw')).toBe('precious')
        await writeMark(place, '100/vm-100-disk-0.raw')
        await assertNothingLoose(place, context)
      },
    })
    expect(kills).toBe(3)
  }, 120_000)

  it('variables that were to get keys are as they were, or have them, and no copy of them is left', async () => {
    const template = await readFile('/usr/share/OVMF/OVMF_VARS_4M.fd')
    const kills = await killEverywhere(what, {
      command: 'enroll-efi-keys', params: {vmid: 100},
      before: async (context) => { await qm('create', {vmid: 100, efidisk0: 'local:1,efitype=4m'}, context) },
      afterwards: async (place, context) => {
        const isDone = (await storedKey(100, 'efidisk0', context))?.includes('pre-enrolled-keys=1') === true
        expect((await readFile(join(place.root, 'lib/vz/images/100/vm-100-disk-0.raw'))).equals(template)).toBe(!isDone)
        expect(await readdir(join(place.root, 'lib/efi-vars')).catch(() => [])).toEqual([])
        await assertNothingLoose(place, context)
        expect(await qm('enroll-efi-keys', {vmid: 100}, context)).toHaveLength(isDone ? 1 : 6)
      },
    })
    // The copy, the keys, the configuration, and the end of the copy.
    expect(kills).toBe(4)
  }, 120_000)

  it('a destroy is finished', async () => {
    const kills = await killEverywhere(what, {
      command: 'destroy', params: {vmid: 100},
      before: async (context) => { await qm('create', {vmid: 100, scsi0: 'local:0.01', scsi1: 'local:0.01', ide2: 'none'}, context) },
      afterwards: async (place, context) => {
        expect(await storedConfig(100, context)).toBeUndefined()
        expect(await images(place)).toEqual([])
        await assertNothingLoose(place, context)
      },
    })
    expect(kills).toBe(what === 'RECORD' ? 1 : 3)
  }, 120_000)
})

it('of several processes that create one VMID, one succeeds and the others change nothing', async () => {
  const place = await machineRoom()
  const context = await place.open()
  const ends = await Promise.all(Array.from({length: 6}, (_, index) => inProcess('create', {vmid: 100, name: `web${index}`, scsi0: 'local:0.01'}, place.root)))
  expect(ends.filter(({code}) => code === 0)).toHaveLength(1)
  for (const {stderr} of ends.filter(({code}) => code !== 0)) expect(stderr).toContain('virtual machine 100 already exists')
  expect(await storedKey(100, 'name', context)).toBe(`web${ends.findIndex(({code}) => code === 0)}`)
  await assertNothingLoose(place, context)
}, 60_000)
