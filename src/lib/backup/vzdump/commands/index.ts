// The command vzdump, and what is preset for it.
import type {CatalogEntry} from '../../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'corral backup defaults': {spec: () => import('./defaults.spec.ts'), handler: () => import('./defaults.handler.ts')},
  vzdump: {spec: () => import('./vzdump.spec.ts'), handler: () => import('./vzdump.handler.ts')},
}
