import {describe, expect, it} from 'vitest'
import type {Places} from '../../../../../src/lib/base/index.ts'
import {parseGroupMounts} from '../../../../../src/lib/guest/control-groups/mounts.ts'
import {findControlGroups, groupName, limitCpuTime, removeCpuGroup} from '../../../../../src/lib/guest/qemu/cpu-time/control-group.ts'
import {cpuTimeOf, groupValues, scopeWords} from '../../../../../src/lib/guest/qemu/cpu-time/cpu-time.ts'
import {fakeHost} from '../../../../../src/lib/host/fake/index.ts'
import type {FakeHost} from '../../../../../src/lib/host/fake/index.ts'

const places: Places = {stateDir: '/c/lib', runDir: '/c/run', logDir: '/c/log', root: undefined}
const v2Mount = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n'
const hybridMounts = '31 24 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n32 24 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n33 24 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n'
const qemu = {pid: 4711, startTime: '1'}

/** The files that the kernel puts into a group appear when it is made. */
function groupFiles(folder: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map(name => [`${folder}/${name}`, '']))
}
const v2Host = (controllers = 'cpuset cpu io memory') => fakeHost({files: {
  '/proc/self/mountinfo': v2Mount, '/sys/fs/cgroup/cgroup.controllers': `${controllers}\n`, '/sys/fs/cgroup/cgroup.subtree_control': '',
  '/sys/fs/cgroup/corral.slice/cgroup.subtree_control': '', ...groupFiles('/sys/fs/cgroup/corral.slice/100.scope', ['cpu.weight', 'cpu.max', 'cgroup.procs']),
}})
const hybridHost = () => fakeHost({files: {
  '/proc/self/mountinfo': hybridMounts, '/sys/fs/cgroup/unified/cgroup.controllers': '\n',
  ...groupFiles('/sys/fs/cgroup/cpu/corral.slice/100.scope', ['cpu.shares', 'cpu.cfs_quota_us', 'cpu.cfs_period_us', 'cgroup.procs']),
}})

async function written(host: FakeHost, folder: string): Promise<Record<string, string>> {
  const names = (await host.files.list(folder)).filter(name => /^(?:cpu|cgroup)\./.test(name))
  return Object.fromEntries(await Promise.all(names.map(async name => [name, await host.files.readText(`${folder}/${name}`)] as const)))
}

describe('processor time', () => {
  it('is read from the configuration, where it says something', () => {
    expect(cpuTimeOf({})).toBeUndefined()
    expect(cpuTimeOf({cpulimit: '0'})).toBeUndefined()
    expect(cpuTimeOf({cpulimit: '1.5', cpuunits: '200'})).toEqual({limit: 1.5, units: 200})
    expect(() => cpuTimeOf({cpulimit: 'much'})).toThrowError(/'cpulimit' must be a number/)
  })

  it.each([
    [{limit: 1.5, units: 200}, 2, ['cpu.weight 200', 'cpu.max 150000 100000']],
    [{units: 262_144}, 2, ['cpu.weight 10000', 'cpu.max max 100000']],
    [{limit: 0.001}, 2, ['cpu.weight 100', 'cpu.max 1000 100000']],
    [{limit: 2}, 1, ['cpu.shares 1024', 'cpu.cfs_period_us 100000', 'cpu.cfs_quota_us 200000']],
    [{units: 1}, 1, ['cpu.shares 2', 'cpu.cfs_period_us 100000', 'cpu.cfs_quota_us -1']],
  ] as const)('becomes the values of a control group: %j, version %d', (time, version, expected) => {
    expect(groupValues(time, version).map(([file, value]) => `${file} ${value}`)).toEqual(expected)
  })

  it('becomes properties of a scope where there is systemd', () => {
    expect(scopeWords('corral-100', {limit: 0.25}).slice(1)).toEqual(['--scope', '--quiet', '--collect', '--unit=corral-100', '--slice=corral.slice', '--property', 'Before=corral-guests.service', '--property', 'CPUQuota=25%', '--'])
  })
})

describe('the control group of a guest', () => {
  it('is made, filled and entered, the controller switched on above it (version 2)', async () => {
    const host = v2Host()
    await limitCpuTime(100, qemu, {limit: 1.5, units: 200}, {host, places})
    expect(await written(host, '/sys/fs/cgroup/corral.slice/100.scope')).toEqual({'cpu.weight': '200', 'cpu.max': '150000 100000', 'cgroup.procs': '4711'})
    expect(await host.files.readText('/sys/fs/cgroup/cgroup.subtree_control')).toBe('+cpu')
    expect(await host.files.readText('/sys/fs/cgroup/corral.slice/cgroup.subtree_control')).toBe('+cpu')
  })

  it('is one of version 1 where version 2 has no controllers', async () => {
    const host = hybridHost()
    await limitCpuTime(100, qemu, {limit: 0.5}, {host, places})
    expect(await written(host, '/sys/fs/cgroup/cpu/corral.slice/100.scope')).toEqual({
      'cpu.shares': '1024', 'cpu.cfs_quota_us': '50000', 'cpu.cfs_period_us': '100000', 'cgroup.procs': '4711',
    })
  })

  it('is removed with the guest, and missed by nobody', async () => {
    const host = fakeHost({files: {'/proc/self/mountinfo': v2Mount, '/sys/fs/cgroup/corral.slice/100.scope/': '', '/sys/fs/cgroup/corral.slice/101.scope/': ''}})
    await removeCpuGroup(100, {host, places})
    await removeCpuGroup(100, {host, places})
    expect(await host.files.list('/sys/fs/cgroup/corral.slice')).toEqual(['101.scope'])
  })

  it('has another name in another installation', () => {
    expect(groupName(100, places)).toBe('100')
    expect(groupName(100, {...places, root: '/c'})).toMatch(/^100-[0-9a-f]{8}$/)
  })

  it('cannot be where no controller is, and that is said', async () => {
    for (const mounts of ['', v2Mount]) {
      const host = fakeHost({files: {'/proc/self/mountinfo': mounts, '/sys/fs/cgroup/cgroup.controllers': 'memory pids\n'}})
      await expect(findControlGroups(host)).rejects.toThrowError(/processor time cannot be shared out/)
    }
  })

  it('is looked for in whatever the table of mounts says', () => {
    expect(parseGroupMounts(hybridMounts)).toMatchObject({v1: {cpu: {path: '/sys/fs/cgroup/cpu', root: '/'}}, v2: {path: '/sys/fs/cgroup/unified', root: '/'}})
    expect(parseGroupMounts('nonsense\n - \n1 2 3 - cgroup2\n')).toEqual({v1: {}})
  })
})
