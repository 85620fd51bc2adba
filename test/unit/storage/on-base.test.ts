// A volume group on a LUN: the target is logged in to before lvm2 looks, and the group is made on a disk only when nothing is on it.
import {describe, expect, it} from 'vitest'
import {makeGroup} from '../../../src/lib/storage/actions/make-group.ts'
import {openConfigured} from '../../../src/lib/storage/open-storage.ts'
import {groupOfDisk, signaturesOfDisk} from '../../../src/lib/storage/lvm/base-disk.ts'
import type {Answer} from '../../../src/lib/host/fake/fake-host.ts'
import {fakeHost} from '../../../src/lib/host/fake/index.ts'
import type {Context} from '../../../src/lib/tasks/index.ts'
import {installation} from '../tasks/demo/installation.ts'
import {storageCatalog} from './commands/catalog.ts'

const target = 'iqn.2003-01.org.example:disks'
const base = 'san:0.0.1.scsi-3a'
const disk = '/dev/disk/by-id/scsi-3a'
const unit = '/sys/class/iscsi_session/session1/device/target2:0:0/2:0:0:1'
const vgs: Answer = {argv: ['vgs', '…'], stdout: '{"report":[{"vg":[{"vg_name":"san0","vg_size":"8388608","vg_free":"4194304","vg_extent_size":"4194304"}]}]}', times: 5}

async function world(answers: readonly Answer[]): Promise<{context: Context; host: ReturnType<typeof fakeHost>}> {
  const place = await installation({catalog: storageCatalog})
  const context = await place.open()
  const host = fakeHost({
    answers, files: {'/sys/class/iscsi_session/session1/targetname': `${target}\n`, [`${unit}/type`]: '0\n', [`${unit}/block/sdb/size`]: '81920\n', '/dev/sdb': '', '/dev/disk/by-id/': ''},
  })
  await host.files.symlink('../../sdb', disk)
  await context.store.commit({expect: {}, put: {'storage.cfg': `iscsi: san\n\tportal 192.0.2.10\n\ttarget ${target}\n\tcontent none\n\n`}, remove: [], fences: []})
  return {context: {...context, host}, host}
}

const run = async (answers: readonly Answer[]) => {
  const {context, host} = await world(answers)
  await makeGroup.run({kind: 'storage.make-group', base, group: 'san0'}, context)
  host.assertAllUsed()
}
const pvs = (answer: Omit<Answer, 'argv'>): Answer => ({argv: ['pvs', '--config', 'log/report_command_log=0', '--reportformat', 'json', '-o', 'pv_name,vg_name', '--', disk], ...answer})
const noPv = pvs({exitCode: 5, stderr: `  Failed to find physical volume "${disk}".`})
const wipefs = (stdout: string): Answer => ({argv: ['wipefs', '--no-act', '--json', '--', disk], stdout})
const vgcreate: Answer = {argv: ['vgcreate', '--', 'san0', disk]}

describe('the group on a base', () => {
  it('is made on a blank disk, and taken where it is', async () => {
    await run([noPv, wipefs(''), vgcreate])
    await run([pvs({stdout: '{"report":[{"pv":[{"pv_name":"/dev/sdb","vg_name":"san0"}]}]}'})])
    await run([pvs({stdout: '{"report":[{"pv":[{"pv_name":"/dev/sdb","vg_name":""}]}]}'}), vgcreate])
  })

  it('is made on nothing that somebody needs', async () => {
    await expect(run([pvs({stdout: '{"report":[{"pv":[{"pv_name":"/dev/sdb","vg_name":"other"}]}]}'})])).rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining("the volume group 'other'") as string})
    await expect(run([noPv, wipefs('{"signatures":[{"device":"sdb","offset":"0x438","type":"ext4"}]}')])).rejects.toMatchObject({kind: 'conflict', message: expect.stringContaining('it holds ext4') as string})
  })

  it('is looked for after the base is there, and a base that is gone is the reason why it is not', async () => {
    const {context} = await world([vgs])
    const config = {type: 'lvm', storage: 'shared', vgname: 'san0', base, shared: true, content: 'images'}
    const storage = await openConfigured(config, context)
    await storage.activate()
    expect(await storage.usage()).toMatchObject({isActive: true, totalBytes: 8388608})
    await context.host.files.remove(disk)
    const gone = await openConfigured({...config, base: 'nowhere:0.0.1.scsi-3a'}, context)
    expect(await gone.usage()).toMatchObject({isActive: false, reason: expect.stringContaining("no storage 'nowhere'") as string})
  })
})

describe('reports', () => {
  it('reads what is on a disk', () => {
    expect(groupOfDisk('{"report":[{"pv":[{"vg_name":"a"}]}]}')).toBe('a')
    expect(signaturesOfDisk('{"signatures":[{"type":"gpt"},{"type":"PMBR"},{"type":"gpt"}]}')).toEqual(['gpt', 'PMBR'])
    expect(signaturesOfDisk('\n')).toEqual([])
    expect(() => groupOfDisk('x')).toThrow(/no report/)
  })
})
