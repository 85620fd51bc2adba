// The commands of `pvesm`, each loaded when it is called.
import type {CatalogEntry} from '../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'pvesm add': {spec: () => import('./add.spec.ts'), handler: () => import('./add.handler.ts')},
  'pvesm set': {spec: () => import('./set.spec.ts'), handler: () => import('./set.handler.ts')},
  'pvesm remove': {spec: () => import('./remove.spec.ts'), handler: () => import('./remove.handler.ts')},
  'pvesm status': {spec: () => import('./status.spec.ts'), handler: () => import('./status.handler.ts')},
  'pvesm list': {spec: () => import('./list.spec.ts'), handler: () => import('./list.handler.ts')},
  'pvesm alloc': {spec: () => import('./alloc.spec.ts'), handler: () => import('./alloc.handler.ts')},
  'pvesm free': {spec: () => import('./free.spec.ts'), handler: () => import('./free.handler.ts')},
  'pvesm path': {spec: () => import('./path.spec.ts'), handler: () => import('./path.handler.ts')},
}
