// LUNs of the kernel's initiator on a host that only answers: sessions and disks in /sys, names by udev, iscsiadm. This project's test machines have
// no iSCSI in their kernels; the lab has.
import {describe, expect, it} from 'vitest'
import type {Clock} from '../../../../src/lib/base/index.ts'
import {systemClock} from '../../../../src/lib/base/index.ts'
import type {Answer} from '../../../../src/lib/host/fake/fake-host.ts'
import type {FakeHost} from '../../../../src/lib/host/fake/index.ts'
import {fakeHost} from '../../../../src/lib/host/fake/index.ts'
import {discoverTargets, parseDiscovery} from '../../../../src/lib/storage/iscsi/discovery.ts'
import {plugin} from '../../../../src/lib/storage/iscsi/plugin.ts'

const target = 'iqn.2003-01.org.example:disks'
const section = {type: 'iscsi', storage: 'san', portal: '192.0.2.10', target, content: 'images'}
const name = '0.0.1.scsi-360000000000000000e00000000010001'
const id = {storage: 'san', name}
const discover: Answer = {argv: ['iscsiadm', '--mode', 'discovery', '--type', 'sendtargets', '--portal', '192.0.2.10'], stdout: `192.0.2.10:3260,1 ${target}\n`}
const login: Answer = {argv: ['iscsiadm', '--mode', 'node', '--targetname', target, '--login']}
const rescan: Answer = {argv: ['iscsiadm', '--mode', 'session', '--sid', '3', '--rescan'], times: 9}
/** Time goes by only where somebody waits. */
function patientClock(): Clock {
  let nowMs = 0
  return {...systemClock, now: () => nowMs, sleep: async (ms) => { nowMs += ms }}
}

/** A session with one disk, two partitions, an enclosure and another target's disk. */
async function sessionOn(host: FakeHost): Promise<void> {
  const {files} = host
  const put = async (path: string, text: string) => {
    await files.makeDirectory(path.slice(0, path.lastIndexOf('/')))
    await files.write(path, text)
  }
  const disk = async (session: number, at: string, kernelName: string, type = '0') => {
    const unit = `/sys/class/iscsi_session/session${session}/device/target${at.split(':').slice(0, 3).join(':')}/${at}`
    await put(`${unit}/type`, `${type}\n`)
    await put(`${unit}/block/${kernelName}/size`, '81920\n')
    await put(`/dev/${kernelName}`, '')
  }
  await put('/sys/class/iscsi_session/session3/targetname', `${target}\n`)
  await put('/sys/class/iscsi_session/session4/targetname', 'iqn.2003-01.org.example:other\n')
  await disk(3, '7:0:0:1', 'sdb')
  await disk(3, '7:0:0:0', 'ses0', '13')
  await disk(4, '8:0:0:1', 'sdc')
  await files.makeDirectory('/dev/disk/by-id')
  for (const [link, to] of [
    ['scsi-1IET_00010001', 'sdb'], ['scsi-360000000000000000e00000000010001', 'sdb'], ['scsi-360000000000000000e00000000010001-part1', 'sdb1'], ['wwn-0x6', 'sdb'], ['scsi-3other', 'sdc'],
  ] as const) await files.symlink(`../../${to}`, `/dev/disk/by-id/${link}`)
}

const world = (answers: readonly Answer[]) => {
  const host = fakeHost({answers})
  return {host, storage: plugin.open(section, host, patientClock())}
}

describe('the LUNs of a target', () => {
  it('are disks of the host once it has logged in, by the names that udev gives them', async () => {
    const {host, storage} = world([discover, {...login, effect: async () => sessionOn(host)}, rescan])
    await storage.activate()
    expect((await storage.list(['images'])).map((volume) => [volume.id.name, volume.sizeBytes, volume.vmid])).toEqual([[name, 40 * 1024 ** 2, undefined]])
    expect(await storage.list(['images'], 100)).toEqual([])
    expect(await storage.attach(id)).toBe('/dev/disk/by-id/scsi-360000000000000000e00000000010001')
    expect(storage.blockSource(id).protocol).toEqual({driver: 'host_device', filename: '/dev/disk/by-id/scsi-360000000000000000e00000000010001'})
    expect(await storage.usage()).toMatchObject({isActive: true, totalBytes: 40 * 1024 ** 2, availableBytes: 0})
    expect(host.ran.filter((argv) => argv.includes('--login'))).toHaveLength(1)
  })

  it("are known by each of udev's names, at their own place and on this target alone", async () => {
    const {host, storage} = world([rescan])
    await sessionOn(host)
    expect(await storage.volume({storage: 'san', name: '0.0.1.scsi-1IET_00010001'})).toMatchObject({sizeBytes: 40 * 1024 ** 2})
    for (const wrong of ['0.0.2.scsi-1IET_00010001', '0.0.1.scsi-3other', '0.0.1.scsi-3none']) {
      await expect(storage.volume({storage: 'san', name: wrong}), wrong).rejects.toMatchObject({kind: 'not-found'})
      expect(await storage.exists({storage: 'san', name: wrong})).toBe(false)
    }
  })

  it('are looked for anew when one is asked for that is not there', async () => {
    const {host, storage} = world([{...rescan, times: 1, effect: async () => {
      await host.files.makeDirectory('/sys/class/iscsi_session/session3/device/target7:0:0/7:0:0:2/block/sdd')
      await host.files.write('/sys/class/iscsi_session/session3/device/target7:0:0/7:0:0:2/type', '0\n')
      await host.files.write('/sys/class/iscsi_session/session3/device/target7:0:0/7:0:0:2/block/sdd/size', '2048\n')
      await host.files.write('/dev/sdd', '')
      await host.files.symlink('../../sdd', '/dev/disk/by-id/scsi-3new')
    }}])
    await sessionOn(host)
    expect(await storage.attach({storage: 'san', name: '0.0.2.scsi-3new'})).toBe('/dev/disk/by-id/scsi-3new')
    host.assertAllUsed()
  })

  it('are one where several paths lead to it: the multipath device', async () => {
    const {host, storage} = world([rescan])
    await sessionOn(host)
    const block = '/sys/class/iscsi_session/session3/device/target7:0:0/7:0:0:1/block/sdb/holders/dm-5/dm'
    await host.files.makeDirectory(block)
    await host.files.write(`${block}/uuid`, 'mpath-360000000000000000e00000000010001\n')
    await host.files.write('/dev/dm-5', '')
    await host.files.symlink('../../dm-5', '/dev/disk/by-id/dm-uuid-mpath-360000000000000000e00000000010001')
    expect((await storage.list(['images'])).map((volume) => volume.id.name)).toEqual(['0.0.1.dm-uuid-mpath-360000000000000000e00000000010001'])
  })

  it('are neither made nor changed from here', async () => {
    const {storage} = world([])
    await expect(storage.nextName(100, 'raw', [])).rejects.toMatchObject({kind: 'unsupported'})
    await expect(storage.remove(id)).rejects.toMatchObject({kind: 'unsupported'})
    await expect(storage.resize(id, 1)).rejects.toMatchObject({kind: 'unsupported'})
    for (const hostile of ['', '..', '0.0.1.', '0.0.1.../../etc/passwd', '0.0.1.a/b', '0.0.1.-x', 'lun1', '0.0.1.scsi-3\n', '0.0.1.a b']) {
      expect(() => plugin.parseName(hostile), hostile).toThrow()
      await expect((async () => storage.remove({storage: 'san', name: hostile}))(), hostile).rejects.toMatchObject({kind: 'invalid-input'})
    }
  })
})

describe('an initiator that cannot', () => {
  it('says why: no driver, no daemon, not let in, nobody there, no such target, not installed', async () => {
    const reasons = async (answer: Partial<Answer>) => {
      const {storage} = world([{...discover, stdout: '', ...answer, times: 2}])
      await expect(storage.activate()).rejects.toMatchObject({kind: 'unavailable'})
      const {isActive, reason} = await storage.usage()
      expect(isActive).toBe(false)
      return reason
    }
    expect(await reasons({exitCode: 12})).toBe("iSCSI targets cannot be used: the host's kernel has no initiator")
    expect(await reasons({exitCode: 20})).toBe('iSCSI targets cannot be used: iscsid does not run')
    expect(await reasons({exitCode: 24})).toBe(`the iSCSI target '${target}' does not let this host in`)
    expect(await reasons({exitCode: 4})).toBe('the iSCSI portal 192.0.2.10 does not answer')
    expect(await reasons({exitCode: 0})).toBe(`the iSCSI portal 192.0.2.10 has no target '${target}'`)
    expect(await reasons({missing: true})).toBe('iSCSI targets cannot be used: iscsiadm is not installed')
  })
})

describe('looking for targets', () => {
  it('asks the kernel where it can, and writes nothing down', async () => {
    const host = fakeHost({files: {'/sys/class/iscsi_transport/': ''}, answers: [{argv: [...discover.argv, '--op', 'nonpersistent'], stdout: `192.0.2.10:3260,1 ${target}\n[2001:db8::1]:3260,1 ${target}\n`}]})
    expect(await discoverTargets('192.0.2.10', host)).toEqual([{target, portal: '192.0.2.10:3260,1'}, {target, portal: '[2001:db8::1]:3260,1'}])
    host.assertAllUsed()
    expect(parseDiscovery('iscsiadm: a warning\n')).toEqual([])
  })
})
