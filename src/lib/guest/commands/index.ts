// The commands on all guests of a node, of whatever kind.
import type {CatalogEntry} from '../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'corral import pve': {spec: () => import('./import-pve.spec.ts'), handler: () => import('./import-pve.handler.ts')},
  'pvenode startall': {spec: () => import('./startall.spec.ts'), handler: () => import('./startall.handler.ts')},
  'pvenode stopall': {spec: () => import('./stopall.spec.ts'), handler: () => import('./stopall.handler.ts')},
}
