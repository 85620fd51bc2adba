// What the suites of snapshots (qm-snapshot, pct-snapshot) have in common: the plans are the product's, and so is what carries them out; beneath them stand a
// storage that notes which snapshots it was asked for and a guest, of which the case says what works.
import {AppError, UnavailableError} from '../../src/lib/base/index.ts'
import {catalog} from '../../src/lib/catalog.ts'
import {guestLockName} from '../../src/lib/guest/guest-files.ts'
import type {SnapshotVolume} from '../../src/lib/guest/snapshots/snapshot-volumes.ts'
import {newMemoryStoreData, openMemoryStore} from '../../src/lib/store/memory/index.ts'
import {carryOut, withLocks} from '../../src/lib/tasks/index.ts'
import type {Action, ActionKind, Context, Plan} from '../../src/lib/tasks/index.ts'
import {Unsupported, compareData, type Adapter, type Data} from './adapter.ts'

/** A case, as the plans of a type of guest are asked for it. */
export interface SnapshotCase {
  readonly input: Data
  readonly env: Data
  readonly vmid: number
  readonly name: string
  readonly path: string
  readonly context: Context
  readonly isRunning: boolean
  /** The storage makes snapshots beneath a running guest, as one of logical volumes does. */
  readonly volumes: (named: readonly {readonly key: string; readonly file: string}[]) => SnapshotVolume[]
}

/** What the product does for a type of guest. */
export interface SnapshotGuests {
  readonly configPath: (node: string, vmid: number) => string
  /** The text of the configuration after the first and after the last part of taking one. */
  readonly prepare: (at: SnapshotCase) => Promise<string>
  readonly commit: (at: SnapshotCase) => Promise<string>
  readonly take: (at: SnapshotCase) => Promise<Plan>
  readonly remove: (at: SnapshotCase) => Promise<Plan>
  readonly rollback: (at: SnapshotCase) => Promise<Plan>
  /** Actions that the guest of the case plays: what of it must work for them, or nothing. */
  readonly played: Readonly<Record<string, string | undefined>>
}

interface Answer {
  readonly config: string
  readonly error: string | undefined
  readonly made: Record<string, string[]>
  readonly removed: Record<string, string[]>
  readonly rolledBack: Record<string, string[]>
}

const node = 'h1'

export function snapshotAdapter(guests: SnapshotGuests): Adapter {
  return {
    async answer(input, env): Promise<Answer> {
      const world = new World(guests, input, env)
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
}

class World {
  readonly made: Record<string, string[]> = {}
  readonly removed: Record<string, string[]> = {}
  readonly rolledBack: Record<string, string[]> = {}
  readonly #guests: SnapshotGuests
  readonly #input: Data
  readonly #at: SnapshotCase

  constructor(guests: SnapshotGuests, input: Data, env: Data) {
    this.#guests = guests
    this.#input = input
    const vmid = Number(input['vmid'])
    const clock = {now: () => Number(env['snaptime']) * 1000, monotonicMs: () => 0, sleep: async () => undefined}
    const log = {info: () => undefined, warn: () => undefined, progress: () => undefined}
    const signal = new AbortController().signal
    const context = {
      node, clock, log, signal, fences: [], caller: {user: 'root@pam', isRoot: true}, store: openMemoryStore({data: newMemoryStoreData(), node, clock}),
      host: {process: async () => undefined}, places: {runDir: '/run/x'}, actionKind: (kind: string) => this.#kind(kind), startTask: async () => '',
    } as unknown as Context
    this.#at = {
      input, env, vmid, context, name: String(input['snapname']), path: guests.configPath(node, vmid), isRunning: input['running'] === true,
      volumes: (named) => {
        if (this.#says('storage', 'snapshot-feature') !== true) throw new UnavailableError('the storage has no snapshots')
        return named.map(({key, file}) => ({key, volume: file, isInImage: false, commands: []}))
      },
    }
  }

  async config(): Promise<string> {
    const {context, path} = this.#at
    return (await context.store.read(path))?.data ?? ''
  }

  async play(): Promise<void> {
    await this.#write(String(this.#input['config']))
    switch (this.#input['op']) {
      case 'prepare': return this.#write(await this.#guests.prepare(this.#at))
      case 'commit': return this.#write(await this.#guests.commit(this.#at))
      case 'create': return this.#carryOut(await this.#guests.take(this.#at))
      case 'delete': return this.#carryOut(await this.#guests.remove(this.#at))
      case 'rollback': return this.#carryOut(await this.#guests.rollback(this.#at))
      default: throw new Unsupported(`there is no operation '${String(this.#input['op'])}'`)
    }
  }

  #write(text: string): Promise<void> {
    const {context, path} = this.#at
    return context.store.commit({put: {[path]: text}}).then(() => undefined)
  }

  #carryOut(plan: Plan): Promise<void> {
    const {context, vmid} = this.#at
    return withLocks({names: [guestLockName(vmid)], reason: 'a case', timeoutMs: 1000}, context, (_held, locks) => carryOut(plan, locks)).then(() => undefined)
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
      default: {
        if (!Object.hasOwn(this.#guests.played, kind)) return undefined
        const needed = this.#guests.played[kind]
        return () => { if (needed !== undefined) this.#mustWork('guest', needed) }
      }
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
