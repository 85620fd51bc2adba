// The command vzdump.
import type {CatalogEntry} from '../../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  vzdump: {spec: () => import('./vzdump.spec.ts'), handler: () => import('./vzdump.handler.ts')},
}
