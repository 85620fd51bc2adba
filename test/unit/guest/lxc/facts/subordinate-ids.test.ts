import {expect, it} from 'vitest'
import {idMapOf} from '../../../../../src/lib/guest/lxc/config/index.ts'
import {parseSubordinateIds, requireSubordinateIds} from '../../../../../src/lib/guest/lxc/facts/subordinate-ids.ts'
import {fakeHost} from '../../../../../src/lib/host/fake/index.ts'

const usual = idMapOf({values: {unprivileged: '1'}})

it('reads the ranges of a user and passes over the rest', () => {
  expect(parseSubordinateIds('joe:1:2\nroot:100000:65536\n#x\nroot:a:5\n0:7:8\n', 'root')).toEqual([{first: 100_000, count: 65_536}, {first: 7, count: 8}])
})

it('asks for nothing where nobody is mapped, and for what is there', async () => {
  await requireSubordinateIds([], fakeHost())
  await requireSubordinateIds(usual, fakeHost({programs: ['newuidmap'], files: {'/etc/subuid': 'root:100000:65536\n', '/etc/subgid': 'root:100000:65536\n'}}))
})

it('names the command that adds what is missing', async () => {
  await expect(requireSubordinateIds(usual, fakeHost())).rejects.toMatchObject({kind: 'unavailable', nextSteps: ['apt-get install uidmap']})
  const host = fakeHost({programs: ['newuidmap'], files: {'/etc/subuid': 'root:100000:65535\n', '/etc/subgid': 'root:100000:65536\n'}})
  await expect(requireSubordinateIds(usual, host)).rejects.toMatchObject({kind: 'conflict', nextSteps: ['Allow it: usermod --add-subuids 100000-165535 root']})
})
