// pvenode startall and stopall with real QEMUs that stay in their firmware.
import {afterAll, beforeAll, expect, it} from 'vitest'
import {Installation} from './support/installation.ts'

const installation = new Installation()
const all = [100, 101, 102, 103]

beforeAll(async () => {
  await installation.create(100, {options: ['--onboot', '1', '--startup', 'order=2,up=0']})
  await installation.create(101, {options: ['--onboot', '1', '--startup', 'order=1,up=1,down=1']})
  await installation.create(102, {options: ['--onboot', '1', '--startup', 'order=1', '--args', '-device no-such-device']})
  await installation.create(103)
})
afterAll(() => installation.close())

const running = async () => {
  const words = await Promise.all(all.map((vmid) => installation.status(vmid)))
  return all.filter((_vmid, index) => words[index] === 'status: running')
}

it('all guests that are to run are started in their order, whatever becomes of one of them', async () => {
  const {code, stderr} = await installation.call('pvenode', ['startall'])
  expect(code).toBe(5)
  expect(stderr).toContain('1 of 3 guests failed: 102')
  expect(stderr).toContain("because of 'args'")
  expect([...stderr.matchAll(/^qm start (\d+): UPID/gm)].map(([, vmid]) => vmid)).toEqual(['101', '102', '100'])
  expect(await running()).toEqual([100, 101])
})

it('all guests are shut down in the reverse order, by force where they do not obey', async () => {
  await installation.mustQm('start', '103')
  const {code, stderr} = await installation.call('pvenode', ['stopall', '--timeout', '1'])
  expect(code).toBe(0)
  expect([...stderr.matchAll(/^qm shutdown (\d+): UPID/gm)].map(([, vmid]) => vmid)).toEqual(['103', '100', '101'])
  expect(await running()).toEqual([])
  expect(installation.leftovers()).toEqual([])
})

it('a start of all whose worker is killed leaves each guest whole, and goes on when it is repeated', async () => {
  const child = installation.spawn('pvenode', ['startall', '--async'])
  await new Promise((resolve) => { child.once('close', resolve) })
  await new Promise((resolve) => { setTimeout(resolve, 1_500) })
  installation.killWorkers()
  await installation.call('corral', ['doctor'])
  await installation.call('pvenode', ['startall'])
  expect(await running()).toEqual([100, 101])
  expect((await installation.call('pvenode', ['stopall', '--timeout', '0'])).code).toBe(0)
  expect(await running()).toEqual([])
})
