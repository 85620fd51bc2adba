import {describe, expect, it} from 'vitest'
import {ConflictError, InvalidInputError} from '../../../../src/lib/base/index.ts'
import type {GuestConfig} from '../../../../src/lib/guest/guest-config.ts'
import {changeConfig} from '../../../../src/lib/guest/qemu/change-config.ts'
import type {ConfigChange} from '../../../../src/lib/guest/qemu/change-config.ts'
import {ownedBy} from '../../../../src/lib/guest/volume-owner.ts'

const known = ['cores', 'memory', 'balloon', 'boot', 'name', 'scsi0', 'scsi1', 'ide2', 'net0', 'hotplug', 'unused0']

function config(values: Record<string, string>, more: Partial<GuestConfig> = {}): GuestConfig {
  return {current: {values}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}, ...more}
}

function change(before: GuestConfig, wanted: Partial<ConfigChange>, isRunning = false) {
  return changeConfig(before, {values: {}, delete: [], revert: [], force: false, ...wanted}, {vmid: 100, isRunning, ownsVolume: ownedBy(100), isKnownKey: (key) => known.includes(key)})
}

describe('a stopped machine', () => {
  it('takes everything at once', () => {
    const {config: after} = change(config({cores: '1', scsi0: 'local:100/vm-100-disk-0.raw'}), {values: {cores: '4', name: 'web', description: 'two\nlines'}, delete: ['scsi0']})
    expect(after.current).toEqual({values: {cores: '4', name: 'web', unused0: 'local:100/vm-100-disk-0.raw'}, description: 'two\nlines'})
    expect(after).toMatchObject({pending: {}, pendingDelete: {}})
  })

  it('gives the volume of a disk up that is deleted by force', () => {
    const {config: after, freedVolumes} = change(config({scsi0: 'local:100/vm-100-disk-0.raw'}), {delete: ['scsi0'], force: true})
    expect(after.current.values).toEqual({})
    expect(freedVolumes).toEqual(['local:100/vm-100-disk-0.raw'])
  })

  it('puts an unused disk back to work', () => {
    const {config: after} = change(config({unused0: 'local:100/vm-100-disk-0.raw'}), {values: {scsi1: 'local:100/vm-100-disk-0.raw,size=1G'}})
    expect(after.current.values).toEqual({scsi1: 'local:100/vm-100-disk-0.raw,size=1G'})
  })
})

describe('a running machine', () => {
  it('takes at once what QEMU has no part in; the rest waits', () => {
    const {config: after} = change(config({cores: '1', name: 'old'}), {values: {cores: '4', name: 'web', tags: 'a'}, delete: ['net0']}, true)
    expect(after.current.values).toEqual({cores: '1', name: 'web', tags: 'a'})
    expect(after.pending).toEqual({cores: '4'})
  })

  it('lets deletions wait, with their force', () => {
    const before = config({cores: '2', scsi0: 'local:100/vm-100-disk-0.raw', name: 'web'})
    const {config: after, freedVolumes} = change(before, {delete: ['scsi0', 'cores', 'name'], force: true}, true)
    expect(after.current.values).toEqual({cores: '2', scsi0: 'local:100/vm-100-disk-0.raw'})
    expect(after.pendingDelete).toEqual({scsi0: {force: true}, cores: {force: false}})
    expect(freedVolumes).toEqual([])
  })

  it('keeps a disk that waited and is replaced before it came to be', () => {
    const {config: after} = change(config({}, {pending: {scsi0: 'local:100/vm-100-disk-0.raw'}}), {values: {scsi0: 'local:100/vm-100-disk-1.raw'}}, true)
    expect(after).toMatchObject({current: {values: {unused0: 'local:100/vm-100-disk-0.raw'}}, pending: {scsi0: 'local:100/vm-100-disk-1.raw'}})
  })

  it('switches hot-plug features unless CPUs or memory are among them', () => {
    expect(change(config({}), {values: {hotplug: 'disk,network'}}, true).config.current.values['hotplug']).toBe('disk,network')
    expect(change(config({}), {values: {hotplug: 'disk,cpu'}}, true).config).toMatchObject({current: {values: {}}, pending: {hotplug: 'disk,cpu'}})
  })

  it('loses what waited when told to', () => {
    const {config: after} = change(config({cores: '1'}, {pending: {cores: '4', memory: '1024'}, pendingDelete: {net0: {force: false}}}), {revert: ['cores', 'net0']}, true)
    expect(after).toMatchObject({pending: {memory: '1024'}, pendingDelete: {}})
  })

  it('forgets a change that comes back to what is in force', () => {
    expect(change(config({cores: '1'}, {pending: {cores: '4'}}), {values: {cores: '1'}}, true).config.pending).toEqual({})
  })
})

describe('the boot order', () => {
  it('gets a CD-ROM drive that is added, and loses a device that goes', () => {
    const before = config({boot: 'order=scsi0;net0', scsi0: 'local:100/vm-100-disk-0.raw', net0: 'virtio'})
    expect(change(before, {values: {ide2: 'none,media=cdrom'}}).config.current.values['boot']).toBe('order=scsi0;net0;ide2')
    expect(change(before, {values: {scsi1: 'local:100/vm-100-disk-1.raw'}}).config.current.values['boot']).toBe('order=scsi0;net0')
    expect(change(before, {delete: ['net0']}).config.current.values['boot']).toBe('order=scsi0')
  })

  it('vanishes with its last device', () => {
    expect(change(config({boot: 'order=net0', net0: 'virtio'}), {delete: ['net0']}).config.current.values).toEqual({})
  })

  it('may only name what is there, or comes with it', () => {
    const before = config({net0: 'virtio', ide2: 'none,media=cdrom'})
    expect(() => change(before, {values: {boot: 'order=scsi0;net0'}})).toThrow("'boot' names 'scsi0'")
    expect(() => change(before, {values: {boot: 'order=net0'}, delete: ['net0']})).toThrow(InvalidInputError)
    expect(change(before, {values: {boot: 'order=scsi0', scsi0: 'local:100/vm-100-disk-0.raw'}}).config.current.values['boot']).toBe('order=scsi0')
  })
})

describe('it refuses', () => {
  it('to set and delete or revert one key at once', () => {
    expect(() => change(config({cores: '1'}), {values: {cores: '2'}, delete: ['cores']})).toThrow(InvalidInputError)
    expect(() => change(config({cores: '1'}), {values: {cores: '2'}, revert: ['cores']})).toThrow(InvalidInputError)
    expect(() => change(config({cores: '1'}), {revert: ['cores'], delete: ['cores']})).toThrow(InvalidInputError)
  })

  it('to delete what is no option, but not a key of a later version that stands there', () => {
    expect(() => change(config({}), {delete: ['../x']})).toThrow("'delete' names '../x'")
    expect(change(config({hookscript: 'local:snippets/x'}), {delete: ['hookscript']}).config.current.values).toEqual({})
  })

  it('a balloon larger than the memory', () => {
    expect(() => change(config({memory: '512'}), {values: {balloon: '1024'}})).toThrow("'balloon' (1024 MiB) is larger")
    expect(() => change(config({memory: '2048', balloon: '1024'}), {values: {memory: '512'}})).toThrow(InvalidInputError)
    expect(() => change(config({}), {values: {balloon: '513'}})).toThrow(InvalidInputError)
  })

  it('to take disks from a protected machine', () => {
    const guarded = config({protection: '1', scsi0: 'local:100/vm-100-disk-0.raw', unused0: 'local:100/vm-100-disk-1.raw'})
    expect(() => change(guarded, {delete: ['scsi0']})).toThrow(ConflictError)
    expect(() => change(guarded, {delete: ['unused0']})).toThrow('is protected')
  })

  it('to remove an unused disk that a snapshot needs', () => {
    const volume = 'local:100/vm-100-disk-0.raw'
    expect(() => change(config({unused0: volume}, {snapshots: {one: {values: {scsi0: volume}}}}), {delete: ['unused0']})).toThrow('still in use')
  })
})

it('says when there is nothing to delete', () => {
  const {config: after, warnings} = change(config({name: 'web'}), {delete: ['cores']})
  expect(warnings).toEqual(["'cores' cannot be deleted: it is not set"])
  expect(after.current.values).toEqual({name: 'web'})
})
