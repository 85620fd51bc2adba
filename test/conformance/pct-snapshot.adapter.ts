// Suite pct-snapshot: taking, removing and going back to snapshots of containers.
import {UnsupportedError} from '../../src/lib/base/index.ts'
import {formatLxcConfig} from '../../src/lib/guest/lxc/config/index.ts'
import {containerConfigPath, readContainer} from '../../src/lib/guest/lxc/kind.ts'
import type {HoldSteps} from '../../src/lib/guest/lxc/snapshots/plans.ts'
import {configAfter, planRemove, planRollback, planTake} from '../../src/lib/guest/lxc/snapshots/plans.ts'
import {assertNameIsFree, existingSnapshot, withNewSection, withTakenSnapshot} from '../../src/lib/guest/lxc/snapshots/sections.ts'
import {volumesOf} from '../../src/lib/guest/lxc/snapshots/volumes.ts'
import type {NewSection} from '../../src/lib/guest/snapshots/sections.ts'
import type {Adapter} from './adapter.ts'
import {snapshotAdapter} from './snapshot-world.ts'
import type {SnapshotCase} from './snapshot-world.ts'

const readCase = ({vmid, context}: SnapshotCase) => readContainer(vmid, context)

/** `pct snapshot` has no option for the memory, and nothing that could keep it. */
function newSection({input, env, name}: SnapshotCase): NewSection {
  if (input['vmstate'] === true) throw new UnsupportedError('a container has no memory that could be kept')
  return {name, description: input['description'] as string | undefined, timeSeconds: Number(env['snaptime'])}
}

function hold({vmid, isRunning}: SnapshotCase): HoldSteps {
  if (!isRunning) return {freeze: [], thaw: []}
  const thaw = {kind: 'lxc.thaw', vmid}
  return {freeze: [{do: {kind: 'lxc.freeze', vmid}, undo: thaw}], thaw: [{do: thaw}]}
}

export const adapter: Adapter = snapshotAdapter({
  configPath: containerConfigPath,
  async prepare(at) {
    const {config} = await readCase(at)
    assertNameIsFree(config, at.vmid, at.name)
    return formatLxcConfig(withNewSection(config, newSection(at)))
  },
  async commit(at) {
    return formatLxcConfig(withTakenSnapshot((await readCase(at)).config, at.vmid, at.name))
  },
  async take(at) {
    const guest = await readCase(at)
    return planTake({guest, path: at.path, section: newSection(at), volumes: at.volumes(volumesOf(guest.config.current.values).volumes), hold: hold(at)})
  },
  async remove(at) {
    const guest = await readCase(at)
    const {values} = existingSnapshot(guest.config, at.vmid, at.name)
    return planRemove({guest, path: at.path, name: at.name, force: at.input['force'] === true, volumes: at.volumes(volumesOf(values).volumes)})
  },
  async rollback(at) {
    const guest = await readCase(at)
    const {vmid, name} = at
    const {values} = existingSnapshot(guest.config, vmid, name)
    return planRollback({
      guest, path: at.path, name, volumes: at.volumes(volumesOf(values).volumes), config: configAfter(guest, name),
      endSteps: at.isRunning ? [{do: {kind: 'lxc.stop', vmid}}] : [], afterwards: [],
    })
  },
  played: {'lxc.freeze': 'freeze-works', 'lxc.thaw': undefined, 'lxc.stop': 'stop-works'},
})
