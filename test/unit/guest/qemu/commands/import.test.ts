import {appendFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {makeAppliance} from '../../../../support/appliance.ts'
import type {Appliance} from '../../../../support/appliance.ts'
import {ovfItem} from '../../../../support/ovf-manifest.ts'
import {images, machineRoom, outcomeOf, qm, storedConfig, storedKey} from '../support/run-qm.ts'

const uefi = '<vmw:Config vmw:key="firmware" vmw:value="efi"/>'
const card = ovfItem(10, {ResourceSubType: 'VmxNet3', Connection: 'lan', InstanceID: 30})
let folder: string
let good: Appliance
let withUefi: Appliance

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corral-import-'))
  good = await makeAppliance(join(folder, 'good'), {items: card})
  withUefi = await makeAppliance(join(folder, 'uefi'), {hardware: uefi})
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

async function room(): Promise<{context: Context; place: Installation}> {
  const place = await machineRoom()
  return {place, context: await place.open()}
}

const content = (place: Installation, image: string) => readFileSync(join(place.root, 'lib/vz/images', image))

describe('qm importovf', () => {
  it.each(['manifest', 'archive'] as const)('makes the machine of a %s', async (kind) => {
    const {context, place} = await room()
    await qm('importovf', {vmid: 100, manifest: good[kind], storage: 'local'}, context)
    expect(await storedConfig(100, context)).toMatch(/^boot: order=scsi0\ncores: 2\nmemory: 512\nmeta: .*\nname: web\nnet0: vmxnet3=[0-9A-F:]{17}\nostype: l26\nscsi0: local:100\/vm-100-disk-0.raw,size=1M\nscsihw: pvscsi\nsmbios1: /)
    expect(content(place, '100/vm-100-disk-0.raw').equals(readFileSync(good.raw))).toBe(true)
  })

  it('gives UEFI a disk for its variables, and disks the format that is asked for', async () => {
    const {context, place} = await room()
    await qm('importovf', {vmid: 100, manifest: withUefi.archive, storage: 'local', format: 'qcow2'}, context)
    expect(await storedKey(100, 'bios', context)).toBe('ovmf')
    expect(await storedKey(100, 'efidisk0', context)).toMatch(/^local:100\/vm-100-disk-1.qcow2,efitype=4m,size=/)
    expect(await images(place)).toEqual(['100/vm-100-disk-0.qcow2', '100/vm-100-disk-1.qcow2'])
  })

  it('shows what is in it, and makes nothing', async () => {
    const {context} = await room()
    expect(await qm('importovf', {vmid: 100, manifest: good.archive, storage: 'local', dryrun: '1'}, context))
      .toEqual(['name: web', 'ostype: l26', 'cores: 2', 'memory: 512', 'scsihw: pvscsi', 'boot: order=scsi0', 'scsi0: disk1.vmdk (1M)', 'net0: vmxnet3 (lan)'])
    expect(await storedConfig(100, context)).toBeUndefined()
  })

  it('takes nothing that was changed on the way, and leaves nothing', async () => {
    const {context, place} = await room()
    const {manifest} = await makeAppliance(join(folder, 'changed'))
    appendFileSync(manifest, '\n')
    await expect(qm('importovf', {vmid: 100, manifest, storage: 'local'}, context)).rejects.toThrow("'web.ovf' is damaged or was changed")
    const digests = manifest.replace('.ovf', '.mf')
    writeFileSync(digests, readFileSync(digests, 'utf8').replace(/^SHA256\(web.ovf.*\n/m, '').replace(/= [0-9a-f]{4}/, '= 0000'))
    await expect(qm('importovf', {vmid: 100, manifest, storage: 'local'}, context)).rejects.toThrow("'disk1.vmdk' is damaged")
    expect(await storedConfig(100, context)).toBeUndefined()
    expect(await images(place)).toEqual([])
  })

  it('follows no link to an image', async () => {
    const {context} = await room()
    const {manifest} = await makeAppliance(join(folder, 'link'))
    const image = join(folder, 'link/disk1.vmdk')
    unlinkSync(image)
    symlinkSync('/etc/passwd', image)
    await expect(qm('importovf', {vmid: 100, manifest, storage: 'local'}, context)).rejects.toThrow('is a link, which is not followed')
  })

  it.each([
    [{manifest: 'web.ovf'}, 'absolute path'], [{manifest: '/etc/passwd'}, 'neither a manifest (.ovf) nor an archive'], [{manifest: '/nowhere/x.ovf'}, 'there is no file'],
    [{storage: 'nope'}, "no storage 'nope'"],
  ])('refuses %j', async (params, reason) => {
    const {context} = await room()
    await expect(qm('importovf', {vmid: 100, manifest: good.manifest, storage: 'local', ...params}, context)).rejects.toThrow(reason)
  })

  it('refuses a VMID that is taken', async () => {
    const {context} = await room()
    await qm('create', {vmid: 100}, context)
    await expect(qm('importovf', {vmid: 100, manifest: good.manifest, storage: 'local'}, context)).rejects.toThrow('already exists')
  })
})

describe('qm import', () => {
  async function withSource(): Promise<{context: Context; place: Installation}> {
    const made = await room()
    await makeAppliance(join(made.place.root, 'lib/vz/import'), {items: card, hardware: uefi})
    return made
  }

  it('takes what is given in place of what the source says', async () => {
    const {context, place} = await withSource()
    await qm('import', {vmid: 100, source: 'local:import/web.ova', storage: 'local', memory: '64', net0: 'virtio', scsi1: 'local:0.01', delete: 'bios,efidisk0', tags: 'new'}, context)
    const config = await storedConfig(100, context)
    expect(config).toMatch(/^memory: 64$/m)
    expect(config).toMatch(/^net0: virtio=/m)
    expect(config).toMatch(/^tags: new$/m)
    expect(config).not.toMatch(/^(?:bios|efidisk0):/m)
    expect(await images(place)).toEqual(['100/vm-100-disk-0.raw', '100/vm-100-disk-1.raw'])
  })

  it('leaves out disks, and what boots from them', async () => {
    const {context, place} = await withSource()
    await qm('import', {vmid: 100, source: 'local:import/web.ovf', storage: 'local', delete: 'scsi0,net0,efidisk0'}, context)
    expect(await images(place)).toEqual([])
    expect(await storedConfig(100, context)).toMatch(/^bios: ovmf\nboot: \ncores|^bios: ovmf\ncores/)
  })

  it('shows steps with --dry-run and what is in the source with --dryrun', async () => {
    const {context} = await withSource()
    const planned = await outcomeOf('import', {vmid: 100, source: 'local:import/web.ova', storage: 'local'}, context, {dryRun: true})
    expect(planned).toMatchObject({outcome: 'planned', lines: expect.arrayContaining([expect.stringMatching(/^qemu-img convert .*"offset":/) as string]) as string[]})
    expect(await qm('import', {vmid: 100, source: 'local:import/web.ova', storage: 'local', dryrun: '1', memory: '64'}, context)).not.toContain('memory: 512')
  })

  it.each([
    [{source: 'local:import/none.ova'}, 'there is no volume'], [{source: 'local:import/disk1.vmdk'}, 'no machine that can be imported'],
    [{delete: 'colour'}, 'no key of a virtual machine'], [{source: 'local:import/../x.ova'}, 'not the name of a volume'],
  ])('refuses %j', async (params, reason) => {
    const {context} = await withSource()
    await expect(qm('import', {vmid: 100, source: 'local:import/web.ova', storage: 'local', ...params}, context)).rejects.toThrow(reason)
    expect(await storedConfig(100, context)).toBeUndefined()
  })
})
