// Options of commands of qm that no other test gives: what each changes in the plan or the result, or why it is refused.
import {readdir, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {ConflictError, InvalidInputError, UnsupportedError} from '../../../../../src/lib/base/index.ts'
import type {Action, Context, Plan} from '../../../../../src/lib/tasks/index.ts'
import {fakeMachine} from '../../../../support/fake-machine.ts'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import {pretendRunning} from '../support/pretend-running.ts'
import {machineRoom, outcomeOf, qm, storedConfig} from '../support/run-qm.ts'

async function machine(values: Readonly<Record<string, unknown>> = {}) {
  const place = await machineRoom()
  const opened = await place.open()
  const said: string[] = []
  const context: Context = {...opened, log: {...opened.log, warn: (line) => { said.push(line) }}}
  await qm('create', {vmid: 100, kvm: false, scsi0: 'local:0.01,format=qcow2', ...values}, context)
  return {place, context, said}
}

async function running(values: Readonly<Record<string, unknown>> = {}) {
  const made = await machine(values)
  const end = await pretendRunning(100, made.context)
  onTestFinished(end)
  return made
}

async function planned(command: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<Plan> {
  const outcome = await outcomeOf(command, input, context, {dryRun: true})
  if (outcome.outcome !== 'planned') throw new Error('it was not planned')
  return outcome.plan
}

const step = (plan: Plan, kind: string) => plan.steps.map((one) => one.do).find((action) => action.kind === kind) as (Action & {timeoutMs?: number}) | undefined
const otherDigest = '0'.repeat(40)

describe('qm clone --target', () => {
  it('takes the node of the source and refuses others', async () => {
    const {context} = await machine()
    expect((await planned('clone', {vmid: 100, newid: 101, target: 'h1'}, context)).steps.length).toBeGreaterThan(2)
    await expect(qm('clone', {vmid: 100, newid: 101, target: 'h2'}, context)).rejects.toThrow(UnsupportedError)
  })
})

describe('qm delsnapshot --force', () => {
  it('removes a snapshot whose disk is gone', async () => {
    const {place, context, said} = await machine()
    await qm('snapshot', {vmid: 100, snapname: 'first'}, context)
    const folder = join(place.root, 'lib/vz/images/100')
    for (const name of await readdir(folder)) await rm(join(folder, name))
    await expect(qm('delsnapshot', {vmid: 100, snapname: 'first'}, context)).rejects.toThrow('there is no volume local:100/vm-100-disk-0.qcow2')
    expect(await storedConfig(100, context)).toContain('[first]')
    await qm('delsnapshot', {vmid: 100, snapname: 'first', force: true}, context)
    expect(await storedConfig(100, context)).not.toContain('[first]')
    expect(said.join('\n')).toContain('vm-100-disk-0.qcow2')
  })
})

describe('digests', () => {
  it.each([
    ['disk move', {vmid: 100, disk: 'scsi0', storage: 'local', format: 'raw', digest: otherDigest}],
    ['disk move', {vmid: 100, disk: 'scsi0', 'target-vmid': 101, 'target-digest': otherDigest}],
    ['disk resize', {vmid: 100, disk: 'scsi0', size: '+1M', digest: otherDigest}],
  ])('%s refuses a configuration that has changed: %j', async (command, params) => {
    const {context} = await machine()
    await qm('create', {vmid: 101}, context)
    const before = await context.store.list('')
    await expect(qm(command, params, context)).rejects.toThrow('was changed by someone else in the meantime')
    expect(await context.store.list('')).toEqual(before)
  })
})

describe('skiplock', () => {
  it.each([['disk resize', {vmid: 100, disk: 'scsi0', size: '+1M'}, 'qemu.resize-drive'], ['suspend', {vmid: 100}, 'qemu.pause'], ['resume', {vmid: 100}, 'qemu.resume']] as const)(
    'lets root go past the lock of a machine with qm %s', async (command, params, kind) => {
      const {context} = command === 'disk resize' ? await machine({lock: 'migrate'}) : await running({lock: 'migrate'})
      await expect(planned(command, params, context)).rejects.toThrow(ConflictError)
      expect(step(await planned(command, {...params, skiplock: true}, context), kind)).toBeDefined()
    })
})

describe('limits of time', () => {
  it('qm reboot --timeout is how long the guest may take', async () => {
    const {context} = await running()
    expect(step(await planned('reboot', {vmid: 100, timeout: 7}, context), 'qemu.shut-down')).toMatchObject({timeoutMs: 7000})
  })

  it('qm shutdown --keepActive leaves the volumes attached', async () => {
    const {context} = await running()
    expect(step(await planned('shutdown', {vmid: 100}, context), 'guest.detach-volumes')).toBeDefined()
    expect(step(await planned('shutdown', {vmid: 100, keepActive: true}, context), 'guest.detach-volumes')).toBeUndefined()
  })
})

describe('states of memory', () => {
  it('qm start --stateuri names a volume that has to be there', async () => {
    const {context} = await machine()
    await expect(qm('start', {vmid: 100, stateuri: 'local:100/vm-100-state-x.raw'}, context)).rejects.toThrow(/vm-100-state-x\.raw/)
  })

  it('qm suspend --statestorage is where the state goes, and nothing without --todisk', async () => {
    const {context} = await running()
    await expect(qm('suspend', {vmid: 100, statestorage: 'local'}, context)).rejects.toThrow(InvalidInputError)
    const {server} = await fakeMachine(guestPaths(context.places, 100).qmp)
    onTestFinished(() => server.close())
    await expect(qm('suspend', {vmid: 100, todisk: true, statestorage: 'nowhere'}, context)).rejects.toThrow(/nowhere/)
  })
})

describe('qm terminal --iface', () => {
  it('has to be a port of the machine', async () => {
    const {context} = await running({serial0: 'socket'})
    const server = await fakeMachine(guestPaths(context.places, 100).qmp)
    onTestFinished(() => server.server.close())
    const terminal = {input: process.stdin, output: process.stdout}
    await expect(qm('terminal', {vmid: 100, iface: 'serial1'}, {...context, terminal})).rejects.toThrow('virtual machine 100 has no serial port serial1 that can be opened')
  })
})
