// Snapshots that are logical volumes of their own (snapshot-as-volume-chain of type lvm) of a machine that runs, with a real QEMU on devices: taken, removed in the
// middle, the disk made larger; and a command that is killed at any point leaves the machine running, its disk whole and no volume beside it.
import {spawnSync} from 'node:child_process'
import {readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {volumeGroupMissing, volumeGroupOnLoop} from '../support/volume-group.ts'
import type {LoopGroup} from '../support/volume-group.ts'
import {Installation, waitUntil} from './support/installation.ts'
import {overSsh} from './support/over-ssh.ts'
import {ProbedMachine} from './support/probed-machine.ts'

const vmid = '100'
const disk = 'vm-100-disk-0.qcow2'
// A host that is reached over SSH has a PATH of its own, and so its own lvm2.
const reason = overSsh() ? 'the tools of the volume group are not those of a host over SSH' : volumeGroupMissing()

describe.skipIf(reason !== undefined)(`a machine on a volume group${reason === undefined ? '' : ` (not tried: ${reason})`}`, () => {
  let group: LoopGroup
  let installation: Installation
  let machine: ProbedMachine

  beforeAll(async () => {
    group = await volumeGroupOnLoop({withDevices: true})
    installation = new Installation(['env', ...Object.entries(group.env).map(([name, value]) => `${name}=${value}`)])
    machine = new ProbedMachine(installation, 100)
    expect(await installation.call('pvesm', ['add', 'lvm', 'chain', '--vgname', group.group, '--content', 'images', '--snapshot-as-volume-chain', '1'])).toMatchObject({code: 0})
    await installation.create(100, {options: ['--scsihw', 'virtio-scsi-pci', '--scsi0', 'chain:0.015625']})
    await installation.mustQm('start', vmid)
  }, 240_000)
  afterAll(async () => {
    await installation.close()
    await group.close()
  }, 120_000)

  const volumes = () => readdirSync(join('/dev', group.group)).sort()

  const doctor = async (what: string) => {
    const answer = await installation.call('corral', ['doctor'])
    expect(answer, `${what}: ${answer.stderr}`).toMatchObject({code: 0})
    await waitUntil('the machine to run', async () => ((await machine.ask('query-status')) as {status: string}).status === 'running', 120_000)
    expect([what, ...volumes()]).toEqual([what, disk])
  }

  it('has snapshots taken and removed, the older one first, and reads what it wrote', async () => {
    await machine.write(1, 0)
    await installation.mustQm('snapshot', vmid, 'one')
    await machine.write(2, 1)
    await installation.mustQm('snapshot', vmid, 'two')
    expect(volumes()).toEqual(['snap_vm-100-disk-0_one.qcow2', 'snap_vm-100-disk-0_two.qcow2', disk])
    await machine.write(3, 0)
    await installation.mustQm('delsnapshot', vmid, 'one')
    // What was never written is nothing that lay in the group before.
    await machine.expectHeld(3, 2, 0)
    await installation.mustQm('delsnapshot', vmid, 'two')
    await machine.expectHeld(3, 2, 0)
    expect(volumes()).toEqual([disk])
  }, 300_000)

  it('has its disk made larger: the volume below it, and the image', async () => {
    await installation.mustQm('disk', 'resize', vmid, 'scsi0', '24M')
    await machine.write(9, 23)
    expect((await installation.call('pvesm', ['list', 'chain'])).stdout).toContain(String(24 * 1024 ** 2))
    await machine.expectHeld(3, 2, 0)
  }, 300_000)

  it('goes on running on a whole disk with nothing beside it, wherever taking a snapshot was cut off', async () => {
    await machine.write(5, 3)
    const faults = [['record 2', {CORRAL_TEST_STOP_AFTER_RECORD: '2'}], ['lvrename 1', {}], ['lvrename 2', {}]] as const
    for (const [what, env] of faults) {
      if (what.startsWith('lvrename')) writeFileSync(join(group.folder, 'kill-at'), what)
      const killed = await installation.call('qm', ['snapshot', vmid, 'cut'], {env})
      expect(killed.code, what).not.toBe(0)
      await doctor(what)
      expect(await installation.mustQm('config', vmid)).not.toMatch(/lock|parent/)
      await machine.write(6, 4)
      await machine.expectHeld(3, 2, 0, 5, 6)
    }
  }, 600_000)

  it('loses a snapshot whole, where removing it was cut off', async () => {
    await installation.mustQm('snapshot', vmid, 'going')
    await machine.write(7, 2)
    expect((await installation.call('qm', ['delsnapshot', vmid, 'going'], {env: {CORRAL_TEST_STOP_AFTER_STEP: '1'}})).code).not.toBe(0)
    await doctor('removing')
    await machine.expectHeld(3, 2, 7, 5)
  }, 300_000)

  it('goes with all of its volumes', async () => {
    await installation.mustQm('snapshot', vmid, 'last')
    await installation.mustQm('stop', vmid)
    await installation.mustQm('destroy', vmid)
    expect((await installation.call('pvesm', ['list', 'chain'])).stdout).not.toContain('vm-100')
    expect(spawnSync('lvs', ['--noheadings', '-o', 'lv_name', group.group], {env: {...process.env, LVM_SYSTEM_DIR: group.folder}, encoding: 'utf8'}).stdout.trim()).toBe('')
  }, 300_000)
})
