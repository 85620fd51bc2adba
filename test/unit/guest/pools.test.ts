// Pools in user.cfg: only what concerns the guest changes.
import {describe, expect, it} from 'vitest'
import {ConflictError, NotFoundError} from '../../../src/lib/base/index.ts'
import {withPoolMember, withoutGuest} from '../../../src/lib/guest/pools.ts'
import {machineRoom, outcomeOf, qm} from './qemu/support/run-qm.ts'

const text = 'user:root@pam:1:0:::::\n\npool:web:The%3A web:100,200:local:\npool:db::::\n\nacl:1:/vms/100:joe@pve:PVEVMUser:\nacl:1:/vms/1000:joe@pve:PVEVMUser:\n'

describe('a pool', () => {
  it('takes a guest', () => {
    expect(withPoolMember(text, 'web', 150)).toBe(text.replace('100,200', '100,150,200'))
    expect(withPoolMember(text, 'db', 300)).toBe(text.replace('pool:db::::', 'pool:db::300::'))
    expect(withPoolMember(text, 'web', 100)).toBe(text)
  })

  it('must be there, and must not share guests', () => {
    expect(() => withPoolMember(text, 'mail', 300)).toThrow(NotFoundError)
    expect(() => withPoolMember('', 'web', 300)).toThrow(NotFoundError)
    expect(() => withPoolMember(text, 'db', 100)).toThrow(ConflictError)
  })

  it('forgets a guest, with the rights on it', () => {
    expect(withoutGuest(text, 100)).toBe(text.replace('100,200', '200').replace('acl:1:/vms/100:joe@pve:PVEVMUser:\n', ''))
    expect(withoutGuest(text, 999)).toBe(text)
  })
})

describe('qm create --pool', () => {
  it('puts the machine into the pool in the same moment, and qm destroy takes it out', async () => {
    const context = await (await machineRoom()).open()
    await context.store.commit({put: {'user.cfg': text}})
    const read = async () => (await context.store.read('user.cfg'))?.data
    const planned = await outcomeOf('create', {vmid: 150, pool: 'web'}, context, {dryRun: true})
    expect(planned.outcome === 'planned' ? planned.lines.join('\n') : '').toContain('+pool:web:The%3A web:100,150,200:local:')
    await qm('create', {vmid: 150, pool: 'web', scsi0: 'local:0.01'}, context)
    expect(await read()).toBe(text.replace('100,200', '100,150,200'))
    expect((await context.store.read('nodes/h1/qemu-server/150.conf'))?.data).not.toContain('pool')
    await qm('destroy', {vmid: 150}, context)
    expect(await read()).toBe(text)
  })

  it('changes nothing when the pool is not there', async () => {
    const context = await (await machineRoom()).open()
    await expect(qm('create', {vmid: 150, pool: 'web', scsi0: 'local:0.01'}, context)).rejects.toThrow(NotFoundError)
    expect(await context.store.list('nodes')).toEqual([])
  })
})
