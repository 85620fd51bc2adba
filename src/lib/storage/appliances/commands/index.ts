// The commands of `pveam` and `corral template`, each loaded when it is called.
import type {CatalogEntry} from '../../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'pveam update': {spec: () => import('./update.spec.ts'), handler: () => import('./update.handler.ts')},
  'pveam available': {spec: () => import('./available.spec.ts'), handler: () => import('./available.handler.ts')},
  'pveam list': {spec: () => import('./list.spec.ts'), handler: () => import('./list.handler.ts')},
  'pveam download': {spec: () => import('./download.spec.ts'), handler: () => import('./download.handler.ts')},
  'corral template build': {spec: () => import('./build.spec.ts'), handler: () => import('./build.handler.ts')},
  'pveam remove': {spec: () => import('./remove.spec.ts'), handler: () => import('./remove.handler.ts')},
}
