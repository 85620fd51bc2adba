// The commands of qm: for each, what loads its spec and what loads its handler.
import type {CatalogEntry} from '../../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'qm config': {spec: () => import('./config.spec.ts'), handler: () => import('./config.handler.ts')},
  'qm create': {spec: () => import('./create.spec.ts'), handler: () => import('./create.handler.ts')},
  'qm destroy': {spec: () => import('./destroy.spec.ts'), handler: () => import('./destroy.handler.ts')},
  'qm list': {spec: () => import('./list.spec.ts'), handler: () => import('./list.handler.ts')},
  'qm pending': {spec: () => import('./pending.spec.ts'), handler: () => import('./pending.handler.ts')},
  'qm set': {spec: () => import('./set.spec.ts'), handler: () => import('./set.handler.ts')},
  'qm status': {spec: () => import('./status.spec.ts'), handler: () => import('./status.handler.ts')},
  'qm unlock': {spec: () => import('./unlock.spec.ts'), handler: () => import('./unlock.handler.ts')},
}
