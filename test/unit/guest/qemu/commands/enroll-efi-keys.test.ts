import {readFile, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {machineRoom, outcomeOf, qm, storedConfig, storedKey} from '../support/run-qm.ts'

const withKeys = '/usr/share/OVMF/OVMF_VARS_4M.ms.fd'

async function room(efidisk0?: string): Promise<{place: Installation; context: Context}> {
  const place = await machineRoom()
  const context = await place.open()
  await qm('create', {vmid: 100, bios: 'ovmf', ...(efidisk0 === undefined ? {} : {efidisk0})}, context)
  return {place, context}
}

const imageOf = ({root}: Installation, format = 'raw') => join(root, `lib/vz/images/100/vm-100-disk-0.${format}`)

async function expectNothingLeft({root}: Installation, context: Context): Promise<void> {
  expect(await readdir(join(root, 'lib/efi-vars')).catch(() => [])).toEqual([])
  expect((await readdir(join(root, 'run/qemu-server')).catch(() => [])).filter((name) => name.includes('efivars'))).toEqual([])
  expect(await readJournals(context.store)).toEqual([])
}

describe('qm enroll-efi-keys', () => {
  it.each([['raw', '4m'], ['qcow2', '4m'], ['qcow2', '2m']])('adds the keys of the template, once (%s, %s)', async (format, efitype) => {
    const {place, context} = await room(`local:1,efitype=${efitype},format=${format}`)
    const added = await qm('enroll-efi-keys', {vmid: 100}, context)
    expect(added).toContain('efidisk0: added to db: Microsoft Corporation UEFI CA 2011')
    expect(added).toHaveLength(6)
    const size = efitype === '4m' ? 'pre-enrolled-keys=1,size=528K' : 'size=128K'
    expect(await storedKey(100, 'efidisk0', context)).toBe(`local:100/vm-100-disk-0.${format},efitype=${efitype},${size}`)
    await expectNothingLeft(place, context)
    const before = [await readFile(imageOf(place, format)), await storedConfig(100, context)]
    expect(await qm('enroll-efi-keys', {vmid: 100}, context)).toEqual([expect.stringMatching(/lacks none of the keys of .*; nothing was changed$/)])
    expect([await readFile(imageOf(place, format)), await storedConfig(100, context)]).toEqual(before)
  })

  it('finds nothing missing in a disk that was made with keys', async () => {
    const {place, context} = await room('local:1,efitype=4m,pre-enrolled-keys=1')
    expect(await qm('enroll-efi-keys', {vmid: 100}, context)).toEqual([expect.stringContaining('lacks none')])
    expect((await readFile(imageOf(place))).equals(await readFile(withKeys))).toBe(true)
  })

  it('shows in a dry run what it would add', async () => {
    const {place, context} = await room('local:1,efitype=4m')
    const outcome = await outcomeOf('enroll-efi-keys', {vmid: 100}, context, {dryRun: true})
    expect(outcome.outcome === 'planned' && outcome.lines).toContain('#   PK: Debian UEFI Secure Boot (PK/KEK key)')
    expect((await readFile(imageOf(place))).equals(await readFile('/usr/share/OVMF/OVMF_VARS_4M.fd'))).toBe(true)
    await expectNothingLeft(place, context)
  })

  it('takes the keys back when the configuration cannot be written', async () => {
    const {place, context} = await room('local:1,efitype=4m')
    const commit = context.store.commit.bind(context.store)
    const full = new Error('no space')
    const store = Object.assign(Object.create(context.store) as typeof context.store, {commit: async (change: Parameters<typeof commit>[0]) => {
      if (JSON.stringify(change).includes('pre-enrolled-keys=1') && !JSON.stringify(change).includes('"undo"')) throw full
      return commit(change)
    }})
    await expect(qm('enroll-efi-keys', {vmid: 100}, {...context, store})).rejects.toThrow()
    expect((await readFile(imageOf(place))).equals(await readFile('/usr/share/OVMF/OVMF_VARS_4M.fd'))).toBe(true)
    expect(await storedKey(100, 'efidisk0', context)).not.toContain('pre-enrolled')
    await expectNothingLeft(place, context)
  })

  it.each<[string, RegExp, string | undefined, string]>([
    ['without variables', /has no efidisk0/, undefined, ''],
    ['a template', /is a template/, 'local:1,efitype=4m', 'template: 1\n'],
    ['one that is locked', /is locked \(backup\)/, 'local:1,efitype=4m', 'lock: backup\n'],
    ['one of ARM', /is one of ARM/, 'local:1,efitype=4m', 'arch: aarch64\n'],
    ['one whose disk is to change', /a change of efidisk0 waits/, 'local:1,efitype=4m', '\n[PENDING]\ndelete: efidisk0\n'],
  ])('refuses %s', async (_, message, efidisk0, more) => {
    const {context} = await room(efidisk0)
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': `${await storedConfig(100, context) ?? ''}${more}`}})
    await expect(qm('enroll-efi-keys', {vmid: 100}, context)).rejects.toThrow(message)
  })

  it('refuses variables that the guest has spoilt, and those of another type, and changes nothing', async () => {
    const {place, context} = await room('local:1,efitype=4m')
    await writeFile(imageOf(place), Buffer.alloc(540_672))
    await expect(qm('enroll-efi-keys', {vmid: 100}, context)).rejects.toThrow('the keys cannot be added to efidisk0')
    await writeFile(imageOf(place), await readFile('/usr/share/OVMF/OVMF_VARS.fd'))
    await expect(qm('enroll-efi-keys', {vmid: 100}, context)).rejects.toMatchObject({cause: {message: expect.stringContaining('has 131072 bytes') as string}})
    await writeFile(imageOf(place), Buffer.alloc(65 * 1024 * 1024))
    await expect(qm('enroll-efi-keys', {vmid: 100}, context)).rejects.toThrow('too large to hold the variables of OVMF alone')
    expect(await storedKey(100, 'efidisk0', context)).not.toContain('pre-enrolled')
  })
})
