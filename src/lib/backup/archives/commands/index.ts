// The commands on backups that are there, each loaded when it is called.
import type {CatalogEntry} from '../../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'corral backup collect': {spec: () => import('./collect.spec.ts'), handler: () => import('./collect.handler.ts')},
  'corral backup export': {spec: () => import('./export.spec.ts'), handler: () => import('./export.handler.ts')},
  'corral backup files extract': {spec: () => import('./files-extract.spec.ts'), handler: () => import('./files-extract.handler.ts')},
  'corral backup files list': {spec: () => import('./files-list.spec.ts'), handler: () => import('./files-list.handler.ts')},
  'corral backup list': {spec: () => import('./list.spec.ts'), handler: () => import('./list.handler.ts')},
  'corral backup show': {spec: () => import('./show.spec.ts'), handler: () => import('./show.handler.ts')},
  'corral backup verify': {spec: () => import('./verify.spec.ts'), handler: () => import('./verify.handler.ts')},
}
