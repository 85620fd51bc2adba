import {expect, it} from 'vitest'
import {chooseCpus} from '../../../../../src/lib/guest/lxc/facts/cpu-sets.ts'
import {changedSettings, groupSettings} from '../../../../../src/lib/guest/lxc/lxc-config/limits.ts'

const v1 = {isUnifiedCgroup: false, countsSwap: true}
const v2 = {isUnifiedCgroup: true, countsSwap: false}
const text = (settings: ReturnType<typeof groupSettings>) => settings.map(({file, value}) => `${file}=${value}`)

it('says limits in the words of both versions of control groups', () => {
  expect(text(groupSettings({memory: '100', swap: '20', cpulimit: '1.5', cpuunits: '50'}, v1, [0, 1, 3]))).toEqual([
    'memory.limit_in_bytes=104857600', 'memory.memsw.limit_in_bytes=125829120', 'cpu.cfs_period_us=100000', 'cpu.cfs_quota_us=150000', 'cpu.shares=50', 'cpuset.cpus=0-1,3',
  ])
  expect(text(groupSettings({}, v1))).toEqual(['memory.limit_in_bytes=536870912', 'memory.memsw.limit_in_bytes=1073741824', 'cpu.cfs_period_us=100000', 'cpu.cfs_quota_us=-1', 'cpu.shares=1024'])
  expect(text(groupSettings({swap: '0', cpulimit: '0.001', cpuunits: '500000'}, v2))).toEqual(['memory.max=536870912', 'memory.swap.max=0', 'cpu.max=1000 100000', 'cpu.weight=10000'])
})

it('changes them in an order in which memory with swap is never less than memory', () => {
  const small = groupSettings({memory: '100', swap: '0'}, v1)
  const large = groupSettings({memory: '200', swap: '0', cpulimit: '1'}, v1)
  expect(text(changedSettings(small, large))).toEqual(['memory.memsw.limit_in_bytes=209715200', 'memory.limit_in_bytes=209715200', 'cpu.cfs_quota_us=100000'])
  expect(text(changedSettings(large, small))).toEqual(['memory.limit_in_bytes=104857600', 'memory.memsw.limit_in_bytes=104857600', 'cpu.cfs_quota_us=-1'])
  expect(changedSettings(small, small)).toEqual([])
})

it('gives out the processors that carry the fewest, and none where all are wanted', () => {
  expect(chooseCpus(2, [0, 1, 2, 3], [])).toEqual([0, 1])
  expect(chooseCpus(2, [0, 1, 2, 3], [[0, 1], [1, 2], [0, 1, 2, 3]])).toEqual([0, 3])
  expect(chooseCpus(1, [4, 5], [[4]])).toEqual([5])
  expect([chooseCpus(4, [0, 1, 2, 3], []), chooseCpus(9, [0], [])]).toEqual([undefined, undefined])
})
