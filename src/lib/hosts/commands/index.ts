// The commands about other hosts and contexts, each loaded when it is called.
import type {CatalogEntry} from '../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'corral host add': {spec: () => import('./host-add.spec.ts'), handler: () => import('./host-add.handler.ts')},
  'corral host list': {spec: () => import('./host-list.spec.ts'), handler: () => import('./host-list.handler.ts')},
  'corral host check': {spec: () => import('./host-check.spec.ts'), handler: () => import('./host-check.handler.ts')},
  'corral host update': {spec: () => import('./host-update.spec.ts'), handler: () => import('./host-update.handler.ts')},
  'corral host remove': {spec: () => import('./host-remove.spec.ts'), handler: () => import('./host-remove.handler.ts')},
  'corral context list': {spec: () => import('./context-list.spec.ts'), handler: () => import('./context-list.handler.ts')},
  'corral context use': {spec: () => import('./context-use.spec.ts'), handler: () => import('./context-use.handler.ts')},
}
