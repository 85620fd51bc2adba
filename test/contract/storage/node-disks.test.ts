// The commands about disks on a real loop device: tables and signatures are made, found, and erased.
import {spawnSync} from 'node:child_process'
import {mkdtemp, rm, truncate, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {catalog} from '../../../src/lib/catalog.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import type {Context, Plan} from '../../../src/lib/tasks/index.ts'
import {runHandler} from '../../../src/lib/tasks/index.ts'
import {machineRoom} from '../../unit/guest/qemu/support/run-qm.ts'

function missing(): string | undefined {
  if (process.getuid?.() !== 0) return 'loop devices need root'
  for (const program of ['sgdisk', 'sfdisk', 'wipefs', 'mkfs.ext4', 'lsblk', 'partx']) if (spawnSync(program, ['--version']).error !== undefined) return `${program} is not installed`
  const probe = spawnSync('losetup', ['-f'], {encoding: 'utf8'})
  return probe.status === 0 ? undefined : `there are no loop devices: ${probe.stderr.trim()}`
}

const reason = missing()
const host = localHost('h1')
let folder = ''
let device = ''

async function corral(context: Context, words: string, params: Readonly<Record<string, unknown>>, options: {readonly dryRun?: boolean} = {}): Promise<{result?: unknown; plan?: Plan; lines: readonly string[]}> {
  const entry = catalog.commands[`corral disk ${words}`]
  if (entry === undefined) throw new Error(`there is no corral disk ${words}`)
  const outcome = await runHandler((await entry.handler()).handler, params, context, options)
  return outcome.outcome === 'planned' ? {plan: outcome.plan, lines: outcome.lines} : {result: outcome.result, lines: []}
}

async function signatures(): Promise<string[]> {
  const {stdout} = await host.run(['wipefs', '--noheadings', '--output', 'TYPE', '--', device])
  return stdout.split('\n').map((line) => line.trim()).filter((line) => line !== '')
}

describe.skipIf(reason !== undefined)(`disks${reason === undefined ? '' : ` are not tried: ${reason}`}`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'corral-disk-'))
    await writeFile(join(folder, 'disk.img'), '')
    await truncate(join(folder, 'disk.img'), 64 * 1024 ** 2)
    device = (await host.run(['losetup', '-f', '--show', '--', join(folder, 'disk.img')])).stdout.trim()
    // Partitions of whoever had this loop device before stay with it.
    await host.run(['partx', '--delete', '--', device], {okExitCodes: [0, 1]})
  })
  afterAll(async () => {
    await host.run(['losetup', '-d', device])
    await rm(folder, {recursive: true, force: true})
  })

  it('a blank disk gets a table, which is nothing that would be lost', async () => {
    const context = await (await machineRoom()).open()
    const uuid = '01234567-89AB-CDEF-0123-456789ABCDEF'
    expect((await corral(context, 'initgpt', {disk: device, uuid}, {dryRun: true})).lines[0]).toBe(`sgdisk '--disk-guid=${uuid}' ${device}`)
    expect(await signatures()).toEqual([])
    await corral(context, 'initgpt', {disk: device, uuid})
    expect((await host.run(['sgdisk', '-p', device])).stdout).toContain(uuid)
    await corral(context, 'initgpt', {disk: device})
  })

  it('partitions are named and in the way, also such as the kernel does not know', async () => {
    const context = await (await machineRoom()).open()
    await host.run(['sgdisk', '-n1:0:+16M', device])
    await expect(corral(context, 'initgpt', {disk: device})).rejects.toThrow(/is not blank: \/dev\/loop\d+: partition 1, which the kernel does not know/)
    expect((await corral(context, 'wipe', {disk: device}, {dryRun: true})).lines[0]).toMatch(/^# will be lost: \/dev\/loop\d+: partition 1, /)
    await corral(context, 'wipe', {disk: device})
    expect(await signatures()).toEqual([])
  })

  it('a file system is named, kept while it is mounted, and gone after a wipe', async () => {
    const context = await (await machineRoom()).open()
    await host.run(['mkfs.ext4', '-q', '-L', 'precious', device])
    await expect(corral(context, 'initgpt', {disk: device})).rejects.toThrow(`${device} is not blank: ${device}: an ext4 file system 'precious'`)
    const place = join(folder, 'mnt')
    await host.files.makeDirectory(place)
    await host.run(['mount', '--', device, place])
    try {
      for (const command of ['wipe', 'initgpt']) await expect(corral(context, command, {disk: device})).rejects.toThrow(`${device} is in use: ${device}: mounted at ${place}`)
    } finally {
      await host.run(['umount', '--', place])
    }
    expect(await signatures()).toEqual(['ext4'])
    await corral(context, 'wipe', {disk: device})
    expect(await signatures()).toEqual([])
  })

  it('a device that a guest was given is in use', async () => {
    const context = await (await machineRoom()).open()
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': `scsi1: ${device},size=64M\n`}})
    await expect(corral(context, 'wipe', {disk: device})).rejects.toThrow(`${device} is in use: ${device}: given to guest 100 as scsi1`)
  })

  it('a partition that is wiped is a plain one in its table again', async () => {
    const context = await (await machineRoom()).open()
    await host.run(['sgdisk', '--clear', '--new=1:0:+16M', '--typecode=1:8200', device])
    await host.run(['partx', '--update', '--', device])
    try {
      await corral(context, 'wipe', {disk: `${device}p1`})
      expect((await host.run(['sgdisk', '--print', device])).stdout).toMatch(/ 8300 /)
    } finally {
      await host.run(['partx', '--delete', '--', device])
      await host.run(['wipefs', '--all', '--', device])
    }
  })

  it.skipIf(spawnSync('vgs', ['--version']).error !== undefined)('lvm2 makes a group on it by the UUID that it is known by, and destroys it', async () => {
    // lvm2 in a world of its own, which has this device and no other, be there a device mapper or not.
    await writeFile(join(folder, 'lvm.conf'), [
      `global { activation=0 use_lvmpolld=0 event_activation=0 locking_dir="${folder}" }`, `devices { use_devicesfile=0 filter=["a|^${device}$|","r|.*|"] global_filter=["a|^${device}$|","r|.*|"] }`,
      'activation { udev_sync=0 udev_rules=0 monitoring=0 }', 'backup { backup=0 archive=0 }', '',
    ].join('\n'))
    const opened = await (await machineRoom()).open()
    const context: Context = {...opened, host: {...host, run: (argv, options) => host.run(argv, {...options, env: {...options?.env, LVM_SYSTEM_DIR: folder}})}}
    const name = `corral-test-${process.pid}`
    await corral(context, 'lvm create', {name, device})
    expect((await corral(context, 'lvm list', {})).result).toMatchObject({children: [{name, children: [{name: device, leaf: true}]}]})
    await expect(corral(context, 'initgpt', {disk: device})).rejects.toThrow(`a physical volume of the volume group '${name}'`)
    await corral(context, 'lvm destroy', {name, 'cleanup-disks': true})
    expect(await signatures()).toEqual([])
  })
})
