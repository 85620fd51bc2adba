// How a domain offers a command to the catalog: its spec and its handler as loaders, so that a call loads only what it runs.
import type {CommandSpec} from '../spec/index.ts'
import type {Handler} from './context.ts'

export interface CatalogEntry {
  readonly spec: () => Promise<{readonly spec: CommandSpec}>
  readonly handler: () => Promise<{readonly handler: Handler}>
}
