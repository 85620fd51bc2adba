// The disks of a fake host: what is asked of it, and what becomes of the answers.
import {describe, expect, it} from 'vitest'
import {UnavailableError} from '../../../../src/lib/base/index.ts'
import {findDevice} from '../../../../src/lib/storage/node-disks/find-device.ts'
import {inventory} from '../../../../src/lib/storage/node-disks/inventory.ts'
import {readMachine} from '../../../../src/lib/storage/node-disks/facts/read-machine.ts'
import {lifeLeftPercent, parseSmart} from '../../../../src/lib/storage/node-disks/smart.ts'
import {fakeDisks} from './fake-disks.ts'

const list = async (host: Parameters<typeof readMachine>[0], withPartitions = false) => {
  const facts = await readMachine(host, {smart: 'none'})
  return {facts, disks: inventory(facts, {withPartitions})}
}

describe('the inventory', () => {
  it('asks each tool once, however many disks there are, and smartctl once for each', async () => {
    const names = Array.from({length: 24}, (_, index) => `sd${String.fromCharCode(97 + index)}`)
    const host = fakeDisks({disks: names.map((name) => ({name}))})
    host.answer({argv: ['smartctl', '-H', '--', /^\/dev\/sd[a-x]$/], stdout: '=== START OF READ SMART DATA SECTION ===\nSMART overall-health self-assessment test result: PASSED\n', times: 24})
    const disks = inventory(await readMachine(host, {smart: 'all'}))
    expect([...disks.keys()]).toEqual(names)
    expect(disks.get('sdb')).toMatchObject({devpath: '/dev/sdb', health: 'PASSED', type: 'hdd', size: 1024 ** 3})
    const asked = host.ran.map(([program]) => program)
    for (const tool of ['udevadm', 'lsblk', 'pvs', 'lvs', 'zpool']) expect(asked.filter((name) => name === tool), tool).toHaveLength(1)
    host.assertAllUsed()
  })

  it('leaves out loop devices, device mapper, card readers without a card and disks of iSCSI targets', async () => {
    const host = fakeDisks({disks: [{name: 'sda'}, {name: 'sdb', sizeBytes: 0}, {name: 'loop0'}, {name: 'dm-0'}, {name: 'sr0'}, {name: 'nvme0n1'}]})
    expect([...(await list(host)).disks.keys()]).toEqual(['nvme0n1', 'sda'])
  })

  it('lists partitions on their own, and says of the disk only that it has some', async () => {
    const host = fakeDisks({
      disks: [{name: 'sda', partitions: ['sda1', 'sda2']}],
      lsblk: [{path: '/dev/sda', pttype: 'gpt'}, {path: '/dev/sda1', fstype: 'vfat', parttype: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b'}, {path: '/dev/sda2', fstype: 'ext4', mountpoints: ['/']}],
    })
    const {disks} = await list(host, true)
    expect([...disks.values()].map(({devpath, used, mounted, gpt, parent}) => [devpath, used, mounted, gpt, parent])).toEqual([
      ['/dev/sda', 'partitions', undefined, 1, undefined], ['/dev/sda1', 'EFI', undefined, 1, '/dev/sda'], ['/dev/sda2', 'ext4', 1, 1, '/dev/sda'],
    ])
  })

  it('tells of a tool that fails, and takes one that is not installed for one that knows of nothing', async () => {
    const host = fakeDisks({disks: [{name: 'sda'}], without: ['zpool', 'udevadm'], failing: {pvs: 'WARNING: it is broken'}})
    const {facts, disks} = await list(host)
    expect(facts.problems).toEqual(['pvs failed with exit code 5: WARNING: it is broken'])
    expect(disks.get('sda')).not.toHaveProperty('used')
  })

  it('goes on when a disk does not answer', async () => {
    const host = fakeDisks({disks: [{name: 'sda'}, {name: 'sdb'}]})
    host.answer({argv: ['smartctl', '-H', '--', '/dev/sda'], error: new UnavailableError('it took too long')})
    host.answer({argv: ['smartctl', '-H', '--', '/dev/sdb'], stdout: '=== START OF SMART DATA SECTION ===\nSMART Health Status: OK\n'})
    const disks = inventory(await readMachine(host, {smart: 'all'}))
    expect([disks.get('sda')?.health, disks.get('sdb')?.health]).toEqual(['UNKNOWN', 'OK'])
  })
})

describe('a device that is named', () => {
  const host = fakeDisks({disks: [{name: 'sda', partitions: ['sda1']}, {name: 'loop3'}], links: {'/dev/disk/by-id/ata-X': '/dev/sda'}})
  it.each([['/dev/sda', '/dev/sda', false], ['/dev/sda1', '/dev/sda1', true], ['/dev/disk/by-id/ata-X', '/dev/sda', false], ['/dev/loop3', '/dev/loop3', false]])('%s is found', async (path, real, isPartition) => {
    const facts = await readMachine(host, {smart: 'none'})
    expect(await findDevice(host, path, facts)).toMatchObject({path: real, isPartition})
  })
  it('is refused when it is none', async () => {
    const facts = await readMachine(host, {smart: 'none'})
    await expect(findDevice(host, '/dev/sdx', facts)).rejects.toThrow('there is no device /dev/sdx')
    await expect(findDevice(host, '/dev/null', facts)).rejects.toThrow('/dev/null is no disk and no partition of this host')
  })
})

describe('SMART data', () => {
  it('is unknown where smartctl says something else', () => {
    for (const text of ['', 'rubbish', '=== START OF READ SMART DATA SECTION ===\n']) expect(parseSmart(text)).toEqual({health: 'UNKNOWN'})
  })
  it('tells of a disk that fails', () => {
    const text = '=== START OF READ SMART DATA SECTION ===\nSMART overall-health self-assessment test result: FAILED!\nDrive failure expected in less than 24 hours. SAVE ALL DATA.\n'
    expect(parseSmart(text)).toMatchObject({health: 'FAILED!', text: 'Drive failure expected in less than 24 hours. SAVE ALL DATA.\n'})
  })
  it('knows the wear of an NVMe disk beyond its life', () => {
    expect(lifeLeftPercent(parseSmart('=== START OF SMART DATA SECTION ===\nSMART overall-health self-assessment test result: PASSED\nPercentage Used:   103%\n'))).toBe(-3)
  })
})
