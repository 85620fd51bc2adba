// Suite qm-snapshot: taking, removing and going back to snapshots of virtual machines.
import {freezeSteps} from '../../src/lib/guest/qemu/agent/index.ts'
import {formatQemuConfig} from '../../src/lib/guest/qemu/config/index.ts'
import {guestConfigPath, readGuest} from '../../src/lib/guest/qemu/guest-files.ts'
import {snapshotDrives} from '../../src/lib/guest/qemu/snapshots/disks.ts'
import {planRemove} from '../../src/lib/guest/qemu/snapshots/plan-remove.ts'
import {configAfter, planRollback} from '../../src/lib/guest/qemu/snapshots/plan-rollback.ts'
import {planTake} from '../../src/lib/guest/qemu/snapshots/plan-take.ts'
import type {NewSnapshot} from '../../src/lib/guest/qemu/snapshots/sections.ts'
import {existingSnapshot, withNewSnapshot, withTakenSnapshot, assertNameIsFree} from '../../src/lib/guest/qemu/snapshots/sections.ts'
import type {Step} from '../../src/lib/tasks/index.ts'
import type {Adapter, Data} from './adapter.ts'
import {snapshotAdapter} from './snapshot-world.ts'
import type {SnapshotCase} from './snapshot-world.ts'

const readCase = ({vmid, context}: SnapshotCase) => readGuest(vmid, context)

function newSnapshot({input, env, name}: SnapshotCase): NewSnapshot {
  const state = input['vmstate'] === true ? {volume: String(env['vmstate-volume']), machine: String(env['runningmachine']), cpu: undefined} : undefined
  return {name, description: input['description'] as string | undefined, timeSeconds: Number(env['snaptime']), state}
}

function step(kind: string, undo: string, fields: Data): Step {
  return {do: {kind, ...fields}, undo: {kind: undo, ...fields}}
}

export const adapter: Adapter = snapshotAdapter({
  configPath: guestConfigPath,
  async prepare(at) {
    const {config} = await readCase(at)
    assertNameIsFree(config, at.vmid, at.name)
    return formatQemuConfig(withNewSnapshot(config, newSnapshot(at)))
  },
  async commit(at) {
    return formatQemuConfig(withTakenSnapshot((await readCase(at)).config, at.vmid, at.name))
  },
  async take(at) {
    const guest = await readCase(at)
    const {values} = guest.config.current
    const snapshot = newSnapshot(at)
    const {vmid, path, isRunning} = at
    const saving = snapshot.state === undefined ? {} : {saving: {
      volumeStep: step('volume.create', 'volume.remove', {volume: snapshot.state.volume}), saveStep: step('qemu.save-state', 'qemu.let-go', {vmid}),
    }}
    return planTake({guest, path, snapshot, disks: at.volumes(snapshotDrives(values)), runState: isRunning ? 'running' : undefined, freeze: freezeSteps(vmid, values), ...saving})
  },
  async remove(at) {
    const guest = await readCase(at)
    const {vmid, path, name, isRunning} = at
    const {values} = existingSnapshot(guest.config, vmid, name)
    return planRemove({
      guest, path, name, force: at.input['force'] === true, disks: at.volumes(snapshotDrives(values)), isRunning,
      stateSteps: values['vmstate'] === undefined ? [] : [{do: {kind: 'volume.remove', volume: values['vmstate']}}],
    })
  },
  async rollback(at) {
    const guest = await readCase(at)
    const {vmid, path, name, isRunning} = at
    const {values} = existingSnapshot(guest.config, vmid, name)
    return planRollback({
      guest, path, name, disks: at.volumes(snapshotDrives(values)), config: configAfter(guest, name),
      endSteps: isRunning ? [{do: {kind: 'qemu.stop', vmid}}] : [],
      startActions: values['vmstate'] === undefined ? [] : [{kind: 'qemu.bring-up', vmid}],
    })
  },
  played: {
    'qemu.hold': 'savevm-start-works', 'qemu.save-state': 'savevm-start-works', 'volume.create': 'savestate-volume-works', 'qemu.stop': 'stop-works',
    'guest.freeze': 'freeze-works', 'guest.thaw': undefined, 'volume.remove': undefined, 'qemu.let-go': undefined, 'qemu.bring-up': undefined,
  },
})
