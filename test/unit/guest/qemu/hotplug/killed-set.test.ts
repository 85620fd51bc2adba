// `qm set` on a running machine, killed after every journal record, every step and at every command to QEMU: whoever comes next finishes it, and the configuration says
// what the machine has.
import {spawn} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {guestPaths} from '../../../../../src/lib/guest/qemu/runtime/sockets.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../../../support/built.ts'
import {fakeMachine} from '../../../../support/fake-machine.ts'
import type {FakeMachine} from '../../../../support/fake-machine.ts'
import {pretendRunning} from '../support/pretend-running.ts'
import {images, machineRoom, qm, storedConfig, storedKey} from '../support/run-qm.ts'

interface End {readonly code: number | null; readonly signal: string | null}

type Moment = 'RECORD' | 'STEP' | 'COMMAND'

async function setAndDie(params: Readonly<Record<string, unknown>>, root: string, machine: FakeMachine, {what, k}: {what: Moment; k: number}): Promise<End> {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const child = spawn(process.execPath, [program, 'qm set', JSON.stringify({vmid: 100, ...params})], {
    env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', ...(what === 'COMMAND' ? {} : {[`CORRAL_TEST_STOP_AFTER_${what}`]: String(k)})}, stdio: 'ignore',
  })
  let commands = 0
  if (what === 'COMMAND') machine.onChange = () => { if (++commands === k) child.kill('SIGKILL') }
  return new Promise((resolve) => { child.once('close', (code, signal) => { resolve({code, signal}) }) })
}

interface Scene {
  readonly params: Readonly<Record<string, unknown>>
  readonly before?: (context: Context) => Promise<void>
  /** What must hold after the next command. */
  readonly afterwards: (machine: FakeMachine, context: Context) => Promise<void>
}

/** Gives the number of kills until it comes to its end alive. */
async function killEverywhere(what: Moment, {params, before, afterwards}: Scene): Promise<number> {
  for (let k = 1; k < 30; k++) {
    const place = await machineRoom()
    const context = await place.open()
    await qm('create', {vmid: 100, ostype: 'l26', kvm: false, scsihw: 'virtio-scsi-single', scsi0: 'local:0.01'}, context)
    const end = await pretendRunning(100, context)
    const machine = await fakeMachine(guestPaths(context.places, 100).qmp, ['virtioscsi0', 'scsi0'])
    try {
      await before?.(context)
      const died = await setAndDie(params, place.root, machine, {what, k})
      if (died.signal === null) expect(died.code).toBe(0)
      // Any next command of this guest clears up first.
      else await qm('unlock', {vmid: 100}, context)
      expect(await readJournals(context.store), `${what} ${k}`).toEqual([])
      await assertTrue(machine, context)
      const text = await storedConfig(100, context) ?? ''
      expect((await images(place)).filter(name => !text.includes(name)), 'volumes without a name').toEqual([])
      await afterwards(machine, context)
      if (died.signal === null) return k - 1
      expect(died.signal, `${what} ${k}`).toBe('SIGKILL')
    } finally {
      await machine.server.close()
      await end()
    }
  }
  throw new Error('it does not come to its end')
}

/** Every disk and card of the configuration is there, and no other. */
async function assertTrue(machine: FakeMachine, context: Context): Promise<void> {
  const inForce = (await storedConfig(100, context) ?? '').split('\n[')[0] ?? ''
  const named = [...inForce.matchAll(/^((?:scsi|virtio|net)\d+):/gm)].map(([, key]) => key ?? '').sort()
  const plugged = [...machine.devices].filter(name => /^(?:scsi|virtio|net)\d+$/.test(name)).sort()
  expect(plugged).toEqual(named)
  expect([...machine.devices].filter(name => name.startsWith('virtioscsi')).sort()).toEqual(named.filter(key => key.startsWith('scsi')).map(key => key.replace('scsi', 'virtioscsi')))
}

describe.each(['RECORD', 'STEP', 'COMMAND'] as const)('killed at any %s', what => {
  it('a new disk and a new card: both are there and in force, or neither was asked for', async () => {
    const kills = await killEverywhere(what, {
      params: {scsi1: 'local:0.01,iothread=1', net1: 'virtio=BC:24:11:00:00:02'},
      afterwards: async (machine, context) => {
        const hasDisk = await storedKey(100, 'scsi1', context) !== undefined
        expect(await storedKey(100, 'net1', context) !== undefined).toBe(hasDisk)
        expect(await storedConfig(100, context)).not.toContain('[PENDING]')
        expect(machine.objects.has('iothread-virtioscsi1')).toBe(hasDisk)
      },
    })
    // The volume and the configuration; then the disk and the card, and the last step of the plan's first part.
    expect(kills).toBeGreaterThanOrEqual(2)
  }, 120_000)

  it('a disk taken out by force: with its volume, or not at all', async () => {
    const kills = await killEverywhere(what, {
      params: {delete: 'scsi1', force: true},
      before: context => qm('set', {vmid: 100, scsi1: 'local:0.01'}, context).then(() => undefined),
      afterwards: async (machine, context) => {
        const text = await storedConfig(100, context) ?? ''
        expect(text).not.toContain('unused0')
        expect(text.includes('disk-1')).toBe(machine.devices.has('scsi1'))
      },
    })
    expect(kills).toBeGreaterThanOrEqual(1)
  }, 120_000)

  it('a disk replaced by another: one of the two, and both volumes are named', async () => {
    await killEverywhere(what, {
      params: {virtio1: 'local:0.02'},
      before: context => qm('set', {vmid: 100, virtio1: 'local:0.01'}, context).then(() => undefined),
      afterwards: async (machine, context) => {
        expect(machine.devices.has('virtio1')).toBe(true)
        expect(await storedConfig(100, context)).toContain('disk-1')
      },
    })
  }, 120_000)
})
