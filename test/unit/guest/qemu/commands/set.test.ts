import {describe, expect, it} from 'vitest'
import {ConflictError, ForbiddenError, NotFoundError, UnavailableError} from '../../../../../src/lib/base/index.ts'
import type {InvalidInputError} from '../../../../../src/lib/base/index.ts'
import type {Store} from '../../../../../src/lib/store/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {pretendRunning} from '../support/pretend-running.ts'
import {images, machineRoom, outcomeOf, qm, storedConfig, storedKey, textOf} from '../support/run-qm.ts'

async function roomWith(options: Readonly<Record<string, unknown>>) {
  const place = await machineRoom()
  const context = await place.open()
  await qm('create', {vmid: 100, ...options}, context)
  return {place, context}
}

async function digestOf(context: Context): Promise<string> {
  return (await context.store.read('nodes/h1/qemu-server/100.conf'))?.digest ?? ''
}

describe('qm set', () => {
  it('changes and deletes keys, and says so as Proxmox VE does', async () => {
    const {context} = await roomWith({name: 'old', cores: '2', net0: 'virtio'})
    expect(await qm('set', {vmid: 100, cores: '4', onboot: 'yes', delete: 'name'}, context)).toBe('update VM 100: -cores 4 -onboot 1 -delete name')
    expect(await storedKey(100, 'cores', context)).toBe('4')
    expect(await storedKey(100, 'onboot', context)).toBe('1')
    expect(await storedKey(100, 'name', context)).toBeUndefined()
  })

  it('changes nothing when nothing changes', async () => {
    const {context} = await roomWith({cores: '2'})
    const before = await context.store.revision()
    const outcome = await outcomeOf('set', {vmid: 100, cores: '2'}, context, {dryRun: true})
    expect(outcome).toMatchObject({outcome: 'planned', plan: {steps: []}})
    expect(await context.store.revision()).toBe(before)
  })

  it('asks for something to change', async () => {
    const {context} = await roomWith({})
    await expect(qm('set', {vmid: 100}, context)).rejects.toThrow('no options were given')
    await expect(qm('set', {vmid: 100, skiplock: true}, context)).rejects.toThrow('no options were given')
  })

  it('says of parts of a network card that are not built yet that they are, and takes firewall=0', async () => {
    const {context} = await roomWith({})
    await expect(qm('set', {vmid: 100, net0: 'virtio,firewall=1'}, context)).rejects.toThrow('the firewall is not built yet; leave it out, or write firewall=0')
    await expect(qm('set', {vmid: 100, net0: 'virtio,tag=4095'}, context)).rejects.toThrow('tag')
    await expect(qm('set', {vmid: 100, net0: 'virtio,trunks=5,7'}, context)).rejects.toThrow()
    await qm('set', {vmid: 100, net0: 'virtio=BC:24:11:00:00:01,firewall=0'}, context)
    expect(await storedKey(100, 'net0', context)).toBe('virtio=BC:24:11:00:00:01')
  })

  it('replaces a disk and keeps the old one, which can be put back or removed', async () => {
    const {place, context} = await roomWith({scsi0: 'local:0.01'})
    await qm('set', {vmid: 100, scsi0: 'local:0.02'}, context)
    expect(await storedKey(100, 'scsi0', context)).toBe('local:100/vm-100-disk-1.raw,size=20972K')
    expect(await storedKey(100, 'unused0', context)).toBe('local:100/vm-100-disk-0.raw')
    await qm('set', {vmid: 100, scsi1: 'local:100/vm-100-disk-0.raw,ssd=1'}, context)
    expect(await storedKey(100, 'scsi1', context)).toBe('local:100/vm-100-disk-0.raw,size=10488K,ssd=1')
    expect(await storedKey(100, 'unused0', context)).toBeUndefined()
    await qm('set', {vmid: 100, delete: 'scsi1'}, context)
    await qm('set', {vmid: 100, delete: 'unused0'}, context)
    expect(await images(place)).toEqual(['100/vm-100-disk-1.raw'])
    expect(await storedConfig(100, context)).not.toContain('disk-0')
    expect(await readJournals(context.store)).toEqual([])
  })

  it('removes a disk only after the configuration is written, and nothing when that fails', async () => {
    const {place, context} = await roomWith({scsi0: 'local:0.01'})
    await qm('set', {vmid: 100, delete: 'scsi0'}, context)
    for (const params of [{delete: 'unused0'}, {delete: 'unused0', scsi1: 'local:0.01'}]) {
      const store: Store = {...context.store, commit: async (change) => {
        if (Object.hasOwn(change.put ?? {}, 'nodes/h1/qemu-server/100.conf')) throw new UnavailableError('the disk is full')
        return context.store.commit(change)
      }}
      await expect(qm('set', {vmid: 100, ...params}, {...context, store})).rejects.toThrow('the disk is full')
      expect(await images(place)).toEqual(['100/vm-100-disk-0.raw'])
      expect(await storedKey(100, 'unused0', context)).toBe('local:100/vm-100-disk-0.raw')
      expect(await storedKey(100, 'scsi1', context)).toBeUndefined()
    }
    expect(await readJournals(context.store)).toEqual([])
  })

  it('says of a configuration that is too large to be taken back that it is, before a disk is made', async () => {
    const {place, context} = await roomWith({cores: '1'})
    const large = `${'#x'.padEnd(1000, 'x')}\n`.repeat(600) + (await storedConfig(100, context) ?? '')
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': large}})
    await expect(qm('set', {vmid: 100, scsi0: 'local:0.01'}, context)).rejects.toMatchObject({kind: 'invalid-input', message: expect.stringMatching(
      /^the configuration nodes\/h1\/qemu-server\/100\.conf is too large to be changed: the old and the new text must have less than 960 KiB together, and have about 11\d\d KiB$/) as unknown})
    expect(await images(place)).toEqual([])
    expect(await storedConfig(100, context)).toBe(large)
    // What is one commit needs no way back.
    await qm('set', {vmid: 100, cores: '2'}, context)
    expect(await storedKey(100, 'cores', context)).toBe('2')
  })

  it('keeps a disk that cannot be removed as an unused one', async () => {
    const {place, context} = await roomWith({scsi0: 'local:0.01'})
    await qm('set', {vmid: 100, delete: 'scsi0'}, context)
    const actionKind: Context['actionKind'] = async (kind) => {
      const found = await context.actionKind(kind)
      return kind === 'volume.remove' ? {...found, run: async () => { throw new UnavailableError('the storage is away') }} : found
    }
    await qm('set', {vmid: 100, delete: 'unused0', scsi1: 'local:0.01'}, {...context, actionKind})
    expect(await storedKey(100, 'scsi1', context)).toContain('vm-100-disk-1.raw')
    expect(await storedKey(100, 'unused0', context)).toBe('local:100/vm-100-disk-0.raw')
    expect(place.lines.join('\n')).toContain('local:100/vm-100-disk-0.raw could not be removed: the storage is away')
    expect(await readJournals(context.store)).toEqual([])
  })

  it('does not reuse the name of a volume that the configuration still names', async () => {
    const {place, context} = await roomWith({scsi0: 'local:0.01'})
    await context.host.files.remove(`${place.root}/lib/vz/images/100/vm-100-disk-0.raw`)
    await qm('set', {vmid: 100, scsi1: 'local:0.01'}, context)
    expect(await storedKey(100, 'scsi1', context)).toContain('vm-100-disk-1.raw')
  })

  it('removes the data of a disk that is deleted by force', async () => {
    const {place, context} = await roomWith({scsi0: 'local:0.01', scsi1: 'local:0.01'})
    await qm('set', {vmid: 100, delete: 'scsi1', force: true}, context)
    expect(await images(place)).toEqual(['100/vm-100-disk-0.raw'])
    expect(await storedConfig(100, context)).not.toContain('unused')
  })

  it('takes a disc out and puts none in', async () => {
    const {context} = await roomWith({boot: undefined, net0: 'virtio'})
    await qm('set', {vmid: 100, cdrom: 'none'}, context)
    expect(await storedKey(100, 'ide2', context)).toBe('none,media=cdrom')
    expect(await storedKey(100, 'boot', context)).toBe('order=net0;ide2')
    await qm('set', {vmid: 100, delete: 'cdrom'}, context)
    expect(await storedKey(100, 'boot', context)).toBe('order=net0')
  })

  it('warns of keys that cannot be deleted because they are not set', async () => {
    const {place, context} = await roomWith({})
    await qm('set', {vmid: 100, delete: 'cores'}, context)
    expect(place.lines).toContain("WARN: 'cores' cannot be deleted: it is not set")
  })

  it('lets what QEMU must know wait while the machine runs, and takes it back', async () => {
    const {place, context} = await roomWith({cores: '1', scsi0: 'local:0.01', name: 'old'})
    const end = await pretendRunning(100, context)
    try {
      await qm('set', {vmid: 100, cores: '4', name: 'new', scsi1: 'local:0.01', delete: 'scsi0'}, context)
      expect(await textOf('pending', {vmid: 100}, context)).toEqual(expect.arrayContaining([
        'cur cores: 1', 'new cores: 4', 'cur name: new', 'new scsi1: local:100/vm-100-disk-1.raw,size=10488K', 'del scsi0: local:100/vm-100-disk-0.raw,size=10488K',
      ]))
      expect(await storedConfig(100, context)).toContain('[PENDING]\n')
      await qm('set', {vmid: 100, revert: 'scsi0,scsi1'}, context)
      expect(await storedKey(100, 'unused0', context)).toBe('local:100/vm-100-disk-1.raw')
      expect(await images(place)).toHaveLength(2)
      expect((await textOf('config', {vmid: 100}, context)).filter((line) => line.startsWith('cores'))).toEqual(['cores: 4'])
      expect((await textOf('config', {vmid: 100, current: true}, context)).filter((line) => line.startsWith('cores'))).toEqual(['cores: 1'])
    } finally {
      await end()
    }
  })
})

describe('qm set refuses', () => {
  it('a stale digest, and takes the right one', async () => {
    const {context} = await roomWith({cores: '1'})
    const digest = await digestOf(context)
    await qm('set', {vmid: 100, cores: '2', digest}, context)
    await expect(qm('set', {vmid: 100, cores: '3', digest}, context)).rejects.toThrow(ConflictError)
    expect(await storedKey(100, 'cores', context)).toBe('2')
  })

  it('a locked machine, unless root skips the lock', async () => {
    const {context} = await roomWith({})
    await qm('set', {vmid: 100, lock: 'backup'}, context)
    await expect(qm('set', {vmid: 100, cores: '2'}, context)).rejects.toThrow('virtual machine 100 is locked (backup)')
    await qm('set', {vmid: 100, cores: '2', skiplock: true}, context)
    expect(await storedKey(100, 'cores', context)).toBe('2')
    await expect(qm('set', {vmid: 100, cores: '3', skiplock: true}, {...context, caller: {user: 'ann@pam', isRoot: false}})).rejects.toThrow(ForbiddenError)
    await qm('unlock', {vmid: 100}, context)
    expect(await storedKey(100, 'lock', context)).toBeUndefined()
    await qm('unlock', {vmid: 100}, context)
  })

  it('a machine that is not there, or elsewhere, or a container', async () => {
    const {context} = await roomWith({})
    await context.store.commit({put: {'nodes/h2/qemu-server/101.conf': 'memory: 512\n', 'nodes/h1/lxc/102.conf': 'memory: 512\n'}})
    await expect(qm('set', {vmid: 999, cores: '2'}, context)).rejects.toThrow(NotFoundError)
    await expect(qm('set', {vmid: 101, cores: '2'}, context)).rejects.toThrow("on 'h2'")
    await expect(qm('set', {vmid: 102, cores: '2'}, context)).rejects.toThrow('102 is a container')
  })

  it.each([
    [{vmid: 100, cores: '2', delete: 'cores'}, 'delete'], [{vmid: 100, delete: 'no-such-key'}, 'delete'], [{vmid: 100, delete: 'a\nb'}, 'delete'],
    [{vmid: 100, force: true}, 'delete'], [{vmid: 100, digest: 'xyz'}, 'digest'], [{vmid: 100, scsi0: 'local:1,serial=a,b'}, 'scsi0.file'],
    [{vmid: 100, unused0: 'local:101/vm-101-disk-0.raw'}, undefined], [{vmid: 100, meta: 'x'}, 'meta'], [{vmid: 100, smbios1: 'uuid=x'}, 'smbios1.uuid'],
  ])('%j', async (input, field) => {
    const {context} = await roomWith({cores: '1'})
    const before = await storedConfig(100, context)
    const refusal = await qm('set', input, context).then(() => undefined, (error: unknown) => error)
    expect(refusal).toMatchObject({kind: expect.stringMatching(/^(?:invalid-input|not-found)$/) as string})
    if (field !== undefined) expect(Object.keys((refusal as InvalidInputError).fields)).toContain(field)
    expect(await storedConfig(100, context)).toBe(before)
  })

  it('a file that cannot be read, naming the line', async () => {
    const {context} = await roomWith({})
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': 'memory: 512\nwhat is this\n'}})
    const refusal = await qm('set', {vmid: 100, cores: '2'}, context).then(() => undefined, (error: unknown) => error)
    expect(refusal).toMatchObject({message: 'the configuration of virtual machine 100 cannot be read', cause: {message: expect.stringContaining('line 2') as string}})
  })
})
