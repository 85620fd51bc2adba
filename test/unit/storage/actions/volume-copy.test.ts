// Copies with the real qemu-img: from volumes, their snapshots and files, and what is refused.
import {readFile, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import type {CopyWish} from '../../../../src/lib/storage/index.ts'
import {copyVolumeSteps, formatOfHead, readImageFile} from '../../../../src/lib/storage/index.ts'
import {copyLimitMs} from '../../../../src/lib/storage/actions/volume-copy.ts'
import {convertArgv, readConvertProgress} from '../../../../src/lib/storage/convert-image.ts'
import {carryOut, describePlan, withLocks} from '../../../../src/lib/tasks/index.ts'
import type {Context, Plan} from '../../../../src/lib/tasks/index.ts'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {installation} from '../../tasks/demo/installation.ts'
import {pvesm, storageCatalog} from '../commands/catalog.ts'

const host = localHost('h1')
const mebibyte = 1024 ** 2

async function place() {
  const at = await installation({catalog: storageCatalog})
  const context = await at.open()
  return {...at, context, vz: join(at.root, 'lib/vz')}
}

const disk = async (context: Context, vmid: number, format: string, size = '8M') => {
  await pvesm('alloc', {storage: 'local', vmid, filename: '', size, format}, context)
  return `local:${vmid}/vm-${vmid}-disk-0.${format}`
}
const write = (path: string, format: string, pattern: number) => host.run(['qemu-io', '-f', format, '-c', `write -P ${pattern} 1M 2M`, path])
const holds = async (path: string, format: string, pattern: number) => {
  const {stdout} = await host.run(['qemu-io', '-r', '-f', format, '-c', `read -P ${pattern} 1M 2M`, '-c', 'read -P 0 3M 1M', path], {okExitCodes: [0, 1]})
  return !stdout.includes('verification failed')
}

async function planFor(wish: CopyWish, context: Context): Promise<{plan: Plan; volume: string; sizeBytes: number}> {
  const {steps, volume, sizeBytes} = await copyVolumeSteps(wish, context)
  return {plan: {steps, whenInterrupted: 'undo'}, volume, sizeBytes}
}
const carryOutLocked = (plan: Plan, context: Context) =>
  withLocks({names: ['storage/local'], reason: 'a test', timeoutMs: 5000}, context, (_held, locks) => carryOut(plan, locks))
const copy = async (wish: CopyWish, context: Context) => {
  const made = await planFor(wish, context)
  await carryOutLocked(made.plan, context)
  return made
}

describe('a copy of a volume', () => {
  it.each([['raw', 'qcow2'], ['qcow2', 'raw'], ['raw', 'raw'], ['qcow2', 'vmdk']] as const)('from %s to %s has the same content and size', async (from, to) => {
    const {context, vz} = await place()
    const source = await disk(context, 100, from)
    await write(join(vz, 'images/100', `vm-100-disk-0.${from}`), from, 7)
    const {volume, sizeBytes} = await copy({source: {volume: source}, storage: 'local', vmid: 101, format: to}, context)
    expect([volume, sizeBytes]).toEqual([`local:101/vm-101-disk-0.${to}`, 8 * mebibyte])
    expect(await holds(join(vz, 'images/101', `vm-101-disk-0.${to}`), to, 7)).toBe(true)
  })

  it('keeps odd sizes to the byte and holes as holes', async () => {
    const {context, vz} = await place()
    await pvesm('alloc', {storage: 'local', vmid: 100, filename: '', size: '8192', format: 'raw'}, context)
    const path = join(vz, 'images/100/vm-100-disk-0.raw')
    await host.run(['truncate', '-s', String(540_672 + 8 * mebibyte), path])
    await write(path, 'raw', 9)
    await copy({source: {volume: 'local:100/vm-100-disk-0.raw'}, storage: 'local', vmid: 101}, context)
    const copied = await stat(join(vz, 'images/101/vm-101-disk-0.raw'))
    expect(copied.size).toBe(540_672 + 8 * mebibyte)
    expect(copied.blocks * 512).toBeLessThan(4 * mebibyte)
    expect((await readFile(join(vz, 'images/101/vm-101-disk-0.raw'))).equals(await readFile(path))).toBe(true)
  })

  it('of a snapshot has the content of that time, and the size of the disk now', async () => {
    const {context, vz} = await place()
    const source = await disk(context, 100, 'qcow2')
    const path = join(vz, 'images/100/vm-100-disk-0.qcow2')
    await write(path, 'qcow2', 1)
    await host.run(['qemu-img', 'snapshot', '-c', 'before', path])
    await write(path, 'qcow2', 2)
    await host.run(['qemu-img', 'resize', '-q', '-f', 'qcow2', path, '16M'])
    const {sizeBytes} = await copy({source: {volume: source, snapshot: 'before'}, storage: 'local', vmid: 101, format: 'raw'}, context)
    expect(sizeBytes).toBe(16 * mebibyte)
    expect(await holds(join(vz, 'images/101/vm-101-disk-0.raw'), 'raw', 1)).toBe(true)
    await expect(planFor({source: {volume: 'local:101/vm-101-disk-0.raw', snapshot: 'before'}, storage: 'local', vmid: 102}, context)).rejects.toMatchObject({kind: 'unsupported'})
  })

  it('shows in a dry run what it does, and does nothing then', async () => {
    const {context, root} = await place()
    const source = await disk(context, 100, 'raw')
    const {plan} = await planFor({source: {volume: source}, storage: 'local', vmid: 101, format: 'qcow2', bandwidthKib: 512}, context)
    const lines = await describePlan(plan, context)
    expect(lines.join('\n')).toContain(`qemu-img convert -p -n -r 512K --target-is-zero -f raw -O qcow2 -- ${root}/lib/vz/images/100/vm-100-disk-0.raw ${root}/lib/vz/images/101/vm-101-disk-0.qcow2`)
    await expect(stat(join(root, 'lib/vz/images/101'))).rejects.toThrow()
  })

  it('is taken back whole when it is cancelled', async () => {
    const {open, root} = await installation({catalog: storageCatalog})
    const controller = new AbortController()
    const context = await open({signal: controller.signal})
    const source = await disk(context, 100, 'raw', '48M')
    await host.run(['qemu-io', '-f', 'raw', '-c', 'write -P 3 0 48M', join(root, 'lib/vz/images/100/vm-100-disk-0.raw')])
    const {plan} = await planFor({source: {volume: source}, storage: 'local', vmid: 101, bandwidthKib: 16}, context)
    setTimeout(() => controller.abort(), 700)
    await expect(carryOutLocked(plan, context)).rejects.toMatchObject({kind: 'cancelled'})
    await expect(stat(join(root, 'lib/vz/images/101'))).rejects.toThrow()
  })
})

describe('images from elsewhere', () => {
  it('are read with the format that they have', async () => {
    const {root, context} = await place()
    for (const [name, format] of [['a.qcow2', 'qcow2'], ['cloud.img', 'qcow2'], ['b.vmdk', 'vmdk'], ['c.vdi', 'vdi'], ['d.vhdx', 'vhdx'], ['e.vhd', 'vpc'], ['f.img', 'raw']] as const) {
      const path = join(root, name)
      await host.run(['qemu-img', 'create', '-q', '-f', format, path, '8M'])
      const file = await readImageFile(path, context.host)
      expect(file.format).toBe(format)
      expect(file.sizeBytes).toBeGreaterThanOrEqual(8 * mebibyte)
      const {volume} = await copy({source: {path, format: file.format}, storage: 'local', vmid: 101, format: 'raw'}, context)
      expect(volume).toMatch(/^local:101\//)
    }
  }, 20_000)

  it('that stand on another file are refused, and that file is not read', async () => {
    const {root, context, vz} = await place()
    const secret = await disk(context, 100, 'raw')
    const victim = join(vz, 'images/100/vm-100-disk-0.raw')
    expect(secret).toBe('local:100/vm-100-disk-0.raw')
    await host.run(['mkdir', '-p', join(vz, 'import')])
    for (const folder of [root, join(vz, 'import')]) {
      const path = join(folder, 'evil.qcow2')
      await host.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-b', victim, '-F', 'raw', path])
      const source = folder === root ? {path, format: 'qcow2'} as const : {volume: 'local:import/evil.qcow2'}
      await expect(planFor({source, storage: 'local', vmid: 101}, context)).rejects.toMatchObject({kind: 'forbidden'})
      // The header may be exchanged after it was looked at: what is run says that there is nothing below.
      expect(convertArgv({source: {path, format: 'qcow2', standsAlone: true}, target: {path: '/t', format: 'raw'}})).toContainEqual(expect.stringContaining('"backing":null'))
    }
    await host.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-o', `data_file=${join(root, 'data')}`, join(root, 'outside.qcow2'), '1M'])
    await expect(readImageFile(join(root, 'outside.qcow2'), context.host)).rejects.toMatchObject({kind: 'forbidden'})
    await writeFile(join(root, 'text.vmdk'), '# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 8 FLAT "/etc/shadow" 0\n')
    await expect(readImageFile(join(root, 'text.vmdk'), context.host)).rejects.toMatchObject({kind: 'invalid-input'})
  })

  it('that are no files, or empty, are refused', async () => {
    const {root, context} = await place()
    await expect(readImageFile(root, context.host)).rejects.toMatchObject({kind: 'invalid-input'})
    await expect(readImageFile(join(root, 'none'), context.host)).rejects.toMatchObject({kind: 'not-found'})
    await writeFile(join(root, 'empty.raw'), '')
    await expect(readImageFile(join(root, 'empty.raw'), context.host)).rejects.toMatchObject({kind: 'invalid-input'})
    await writeFile(join(root, 'short.qcow2'), 'QFI\xFB', 'latin1')
    await expect(readImageFile(join(root, 'short.qcow2'), context.host)).rejects.toMatchObject({kind: 'invalid-input'})
  })

  it('whose first bytes say nothing are raw', () => {
    expect(formatOfHead(Buffer.alloc(0))).toBe('raw')
    expect(formatOfHead(Buffer.from('QFI'))).toBe('raw')
    expect(formatOfHead(Buffer.alloc(512, 0xFF))).toBe('raw')
  })
})

describe('the call of qemu-img', () => {
  it('doubles commas in options', () => {
    expect(convertArgv({source: {format: 'raw', path: '/a,b', options: {driver: 'raw', 'file.filename': '/a,b'}}, target: {path: '/t', format: 'raw'}}).slice(4))
      .toEqual(['--image-opts', '-O', 'raw', '--', 'driver=raw,file.filename=/a,,b', '/t'])
  })

  it('reads the progress', () => {
    expect(readConvertProgress('    (12.50/100%)')).toBe(0.125)
    expect(readConvertProgress('(100.00/100%)')).toBe(1)
    for (const line of ['', 'qemu-img: error', '(x/100%)', '(1/100']) expect(readConvertProgress(line)).toBeUndefined()
  })

  it('may take longer the more there is to copy and the slower it was asked to be', () => {
    expect(copyLimitMs({sizeBytes: 100 * 1024 ** 3})).toBeGreaterThan(copyLimitMs({sizeBytes: 1024 ** 3}))
    expect(copyLimitMs({sizeBytes: 1024 ** 3, bandwidthKib: 100})).toBeGreaterThan(1024 ** 3 / (100 * 1024) * 1000)
    expect(copyLimitMs({sizeBytes: Number.MAX_SAFE_INTEGER})).toBeLessThan(2 ** 31)
  })
})
