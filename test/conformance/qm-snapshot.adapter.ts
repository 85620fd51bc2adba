// Suite qm-snapshot: taking, removing and going back to snapshots. The plans are the product's, and so is what carries them out; beneath them stand
// a storage that notes which snapshots it was asked for and a guest, of which the case says what works.
import {AppError, UnavailableError} from '../../src/lib/base/index.ts'
import {catalog} from '../../src/lib/catalog.ts'
import {freezeSteps} from '../../src/lib/guest/qemu/agent/index.ts'
import {formatQemuConfig} from '../../src/lib/guest/qemu/config/index.ts'
import {guestConfigPath, guestLockName, readGuest} from '../../src/lib/guest/qemu/guest-files.ts'
import type {SnapshotVolume} from '../../src/lib/guest/snapshots/snapshot-volumes.ts'
import {snapshotDrives} from '../../src/lib/guest/qemu/snapshots/disks.ts'
import {planRemove} from '../../src/lib/guest/qemu/snapshots/plan-remove.ts'
import {configAfter, planRollback} from '../../src/lib/guest/qemu/snapshots/plan-rollback.ts'
import {planTake} from '../../src/lib/guest/qemu/snapshots/plan-take.ts'
import type {NewSnapshot} from '../../src/lib/guest/qemu/snapshots/sections.ts'
import {existingSnapshot, withNewSnapshot, withTakenSnapshot, assertNameIsFree} from '../../src/lib/guest/qemu/snapshots/sections.ts'
import {newMemoryStoreData, openMemoryStore} from '../../src/lib/store/memory/index.ts'
import {carryOut, withLocks} from '../../src/lib/tasks/index.ts'
import type {Action, ActionKind, Context, Plan, Step} from '../../src/lib/tasks/index.ts'
import {Unsupported, compareData, type Adapter, type Data} from './adapter.ts'

interface Answer {
  readonly config: string
  readonly error: string | undefined
  readonly made: Record<string, string[]>
  readonly removed: Record<string, string[]>
  readonly rolledBack: Record<string, string[]>
}

const node = 'h1'

export const adapter: Adapter = {
  async answer(input, env): Promise<Answer> {
    const world = new World(input, env)
    let error: string | undefined
    try {
      await world.play()
    } catch (failure) {
      if (!(failure instanceof AppError) || failure.kind === 'internal') throw failure
      error = failure.message
    }
    return {config: await world.config(), error, made: world.made, removed: world.removed, rolledBack: world.rolledBack}
  },
  differences(answer, expect) {
    const {config, error, made, removed, rolledBack} = answer as Answer
    const asked = (name: string, actual: Data) => name in expect ? compareData(actual, expect[name], name) : []
    return [
      ...(expect['error'] === true ? (error === undefined ? ['was not refused'] : []) : error === undefined ? [] : [`was refused: ${error}`]),
      ...(config === expect['config'] ? [] : [`the configuration is ${JSON.stringify(config)}`]),
      ...asked('volume-snapshots-made', made), ...asked('volume-snapshots-removed', removed), ...asked('volumes-rolled-back', rolledBack),
    ]
  },
}

class World {
  readonly made: Record<string, string[]> = {}
  readonly removed: Record<string, string[]> = {}
  readonly rolledBack: Record<string, string[]> = {}
  readonly #input: Data
  readonly #env: Data
  readonly #vmid: number
  readonly #name: string
  readonly #path: string
  readonly #context: Context

  constructor(input: Data, env: Data) {
    this.#input = input
    this.#env = env
    this.#vmid = Number(input['vmid'])
    this.#name = String(input['snapname'])
    this.#path = guestConfigPath(node, this.#vmid)
    const clock = {now: () => Number(env['snaptime']) * 1000, monotonicMs: () => 0, sleep: async () => undefined}
    const log = {info: () => undefined, warn: () => undefined, progress: () => undefined}
    const signal = new AbortController().signal
    this.#context = {
      node, clock, log, signal, fences: [], caller: {user: 'root@pam', isRoot: true}, store: openMemoryStore({data: newMemoryStoreData(), node, clock}),
      host: {process: async () => undefined}, places: {runDir: '/run/x'}, actionKind: (kind: string) => this.#kind(kind), startTask: async () => '',
    } as unknown as Context
  }

  async config(): Promise<string> {
    return (await this.#context.store.read(this.#path))?.data ?? ''
  }

  async play(): Promise<void> {
    await this.#context.store.commit({put: {[this.#path]: String(this.#input['config'])}})
    const {config} = await readGuest(this.#vmid, this.#context)
    switch (this.#input['op']) {
      case 'prepare': {
        assertNameIsFree(config, this.#vmid, this.#name)
        return this.#write(formatQemuConfig(withNewSnapshot(config, this.#snapshot())))
      }
      case 'commit': return this.#write(formatQemuConfig(withTakenSnapshot(config, this.#vmid, this.#name)))
      case 'create': return this.#carryOut(await this.#takePlan())
      case 'delete': return this.#carryOut(await this.#removePlan())
      case 'rollback': return this.#carryOut(await this.#rollbackPlan())
      default: throw new Unsupported(`qm-snapshot has no operation '${String(this.#input['op'])}'`)
    }
  }

  #write(text: string): Promise<void> {
    return this.#context.store.commit({put: {[this.#path]: text}}).then(() => undefined)
  }

  #carryOut(plan: Plan): Promise<void> {
    const wish = {names: [guestLockName(this.#vmid)], reason: 'a case', timeoutMs: 1000}
    return withLocks(wish, this.#context, (_held, locks) => carryOut(plan, locks)).then(() => undefined)
  }

  #snapshot(): NewSnapshot {
    const state = this.#input['vmstate'] === true
      ? {volume: String(this.#env['vmstate-volume']), machine: String(this.#env['runningmachine']), cpu: undefined}
      : undefined
    return {name: this.#name, description: this.#input['description'] as string | undefined, timeSeconds: Number(this.#env['snaptime']), state}
  }

  async #takePlan(): Promise<Plan> {
    const guest = await readGuest(this.#vmid, this.#context)
    const {values} = guest.config.current
    const snapshot = this.#snapshot()
    const saving = snapshot.state === undefined ? {} : {saving: {
      volumeStep: step('volume.create', 'volume.remove', {volume: snapshot.state.volume}), saveStep: step('qemu.save-state', 'qemu.let-go', {vmid: this.#vmid}),
    }}
    return planTake({guest, path: this.#path, snapshot, disks: this.#disks(values), runState: this.#runState(), freeze: freezeSteps(this.#vmid, values), ...saving})
  }

  async #removePlan(): Promise<Plan> {
    const guest = await readGuest(this.#vmid, this.#context)
    const {values} = existingSnapshot(guest.config, this.#vmid, this.#name)
    return planRemove({
      guest, path: this.#path, name: this.#name, force: this.#input['force'] === true, disks: this.#disks(values), isRunning: this.#runState() !== undefined,
      stateSteps: values['vmstate'] === undefined ? [] : [{do: {kind: 'volume.remove', volume: values['vmstate']}}],
    })
  }

  async #rollbackPlan(): Promise<Plan> {
    const guest = await readGuest(this.#vmid, this.#context)
    const {values} = existingSnapshot(guest.config, this.#vmid, this.#name)
    return planRollback({
      guest, path: this.#path, name: this.#name, disks: this.#disks(values), config: configAfter(guest, this.#name),
      endSteps: this.#runState() === undefined ? [] : [{do: {kind: 'qemu.stop', vmid: this.#vmid}}],
      startActions: values['vmstate'] === undefined ? [] : [{kind: 'qemu.bring-up', vmid: this.#vmid}],
    })
  }

  #runState(): string | undefined {
    return this.#input['running'] === true ? 'running' : undefined
  }

  /** The storage makes snapshots beneath a running guest, as one of logical volumes does. */
  #disks(values: Readonly<Record<string, string>>): SnapshotVolume[] {
    if (this.#says('storage', 'snapshot-feature') !== true) throw new UnavailableError('the storage has no snapshots')
    return snapshotDrives(values).map(({key, file}) => ({key, volume: file, isInImage: false, commands: []}))
  }

  async #kind(name: string): Promise<ActionKind> {
    const played = this.#played(name)
    if (played !== undefined) return {kind: name, describe: () => [], run: async (action) => { played(action) }}
    const load = catalog.actionLoaders[name]
    if (load === undefined) throw new Error(`there is no action ${name}`)
    return load()
  }

  /** What the storage and the guest of the case do; all other actions are the product's. */
  #played(kind: string): ((action: Action) => void) | undefined {
    switch (kind) {
      case 'guest.make-storages-ready': return () => { this.#mustWork('storage', 'can-activate') }
      case 'volume.snapshot': return (action) => { this.#storageDoes('snapshot-works-on', action, this.made) }
      case 'volume.rollback': return (action) => { this.#storageDoes('rollback-works-on', action, this.rolledBack) }
      case 'volume.drop-snapshot': return (action) => { if (this.#mayBeThere(action)) this.#storageDoes('delete-works-on', action, this.removed) }
      case 'qemu.hold': return () => { this.#mustWork('guest', 'savevm-start-works') }
      case 'qemu.save-state': return () => { this.#mustWork('guest', 'savevm-start-works') }
      case 'volume.create': return () => { this.#mustWork('guest', 'savestate-volume-works') }
      case 'qemu.stop': return () => { this.#mustWork('guest', 'stop-works') }
      case 'guest.freeze': return () => { this.#mustWork('guest', 'freeze-works') }
      case 'guest.thaw':
      case 'volume.remove':
      case 'qemu.let-go':
      case 'qemu.bring-up': return () => undefined
      default: return undefined
    }
  }

  #says(who: 'storage' | 'guest', what: string): unknown {
    return (this.#input[who] as Data)[what]
  }

  #mustWork(who: 'storage' | 'guest', what: string): void {
    if (this.#says(who, what) !== true) throw new UnavailableError(`it does not work: ${what}`)
  }

  #storageDoes(list: string, {volume, name}: Action, asked: Record<string, string[]>): void {
    if (!(this.#says('storage', list) as readonly unknown[]).includes(volume)) throw new UnavailableError(`the storage fails: ${list}`)
    asked[String(volume)] = [...asked[String(volume)] ?? [], String(name)]
  }

  /** A snapshot that was just to be taken is there only where that worked; others are taken for there. */
  #mayBeThere({volume}: Action): boolean {
    return this.#input['op'] !== 'create' || this.made[String(volume)] !== undefined
  }
}

function step(kind: string, undo: string, fields: Data): Step {
  return {do: {kind, ...fields}, undo: {kind: undo, ...fields}}
}
