// What is done after a container has ended, as data.
import {expect, it} from 'vitest'
import {containerPaths} from '../../../../../src/lib/guest/lxc/runtime/paths.ts'
import {afterEndSteps} from '../../../../../src/lib/guest/lxc/runtime/end-steps.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {fakeHost} from '../../../../../src/lib/host/fake/index.ts'

const values = {rootfs: 'thin:vm-200-disk-0,size=1G', mp0: '/srv/host,mp=/srv', mp1: 'ceph:vm-200-disk-1,mp=/data,size=1G', unused0: 'thin:vm-200-disk-2'}
const places = {root: undefined, runDir: '/run/corral'} as Context['places']

it('lets go of the volumes that were mounted, once for each run', async () => {
  const guest = {vmid: 200, config: {current: {values}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}}
  const after = async (files: Record<string, string>) => (await afterEndSteps(guest as never, {host: fakeHost({files}), places} as unknown as Context)).map((step) => step.do)
  expect(await after({})).toEqual([])
  const steps = await after({[containerPaths(places, 200).run]: '7\n'})
  expect(steps.map(({kind}) => kind)).toEqual(['guest.detach-volumes', 'lxc.clear-up'])
  expect(steps[0]).toMatchObject({volumes: ['thin:vm-200-disk-0', 'ceph:vm-200-disk-1']})
})
