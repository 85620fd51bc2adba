// How a domain offers a command to the catalog: its spec and its handler as loaders, so that a call loads only what it runs.
import type {CommandSpec} from '../spec/index.ts'
import type {Context, Handler} from './context.ts'
import type {DoctorCheck} from './doctor-check.ts'
import type {ActionKind} from './plan.ts'

export interface CatalogEntry {
  readonly spec: () => Promise<{readonly spec: CommandSpec}>
  readonly handler: () => Promise<{readonly handler: Handler}>
}

/** Keeps the names of objects where completion finds them (src/lib/completion). */
export interface NameKeeper {
  /** After commits that `concerns` is about. */
  afterCommits(of: Pick<Context, 'store' | 'host' | 'places' | 'node'>): Promise<void>
  /** After a task was started or has ended. */
  afterTask(of: Pick<Context, 'host' | 'places'>): Promise<void>
}

/** What this folder needs of catalog.ts, which it may not import: it is given to localContext and to the worker. */
export interface Catalog {
  /** By command id: `qm start`. */
  readonly commands: Readonly<Record<string, CatalogEntry>>
  /** By action kind: `volume.create`. */
  readonly actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>>
  readonly doctorCheckLoaders?: Readonly<Record<string, () => Promise<DoctorCheck>>>
  readonly names?: {
    /** Whether names stand in the file of the store at this path. */
    readonly concerns: (path: string) => boolean
    readonly load: () => Promise<NameKeeper>
  }
}
