// `skiplock`: without it a machine whose configuration is locked is left alone; with it the lock is not what keeps a command from its work.
import {expect, it} from 'vitest'
import {machineRoom, qm} from '../support/run-qm.ts'

it.each([
  ['start', {skiplock: '1'}], ['reset', {skiplock: '1'}], ['shutdown', {skiplock: '1'}],
  ['sendkey', {skiplock: '1', key: 'ret'}],
] as const)('of qm %s', async (command, {skiplock, ...params}) => {
  const context = await (await machineRoom()).open()
  await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': 'lock: backup\nargs: --no-such-option\nmemory: 32\n'}})
  const outcome = (more: Readonly<Record<string, string>>) => qm(command, {vmid: '100', ...params, ...more}, context).then(() => 'done', (error: unknown) => (error as Error).message)
  expect(await outcome({})).toMatch(/is locked/)
  expect(await outcome({skiplock})).not.toMatch(/is locked/)
})
