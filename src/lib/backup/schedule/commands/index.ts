// The commands on the schedule, each loaded when it is called.
import type {CatalogEntry} from '../../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'corral schedule analyze': {spec: () => import('./analyze.spec.ts'), handler: () => import('./analyze.handler.ts')},
  'corral schedule install': {spec: () => import('./install.spec.ts'), handler: () => import('./install.handler.ts')},
  'corral schedule list': {spec: () => import('./list.spec.ts'), handler: () => import('./list.handler.ts')},
  'corral schedule remove': {spec: () => import('./remove.spec.ts'), handler: () => import('./remove.handler.ts')},
  'corral schedule run': {spec: () => import('./run.spec.ts'), handler: () => import('./run.handler.ts')},
}
