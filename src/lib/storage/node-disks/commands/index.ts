// The commands about the disks of a node, each loaded when it is called.
import type {CatalogEntry} from '../../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'corral disk list': {spec: () => import('./list.spec.ts'), handler: () => import('./list.handler.ts')},
  'corral disk smart': {spec: () => import('./smart.spec.ts'), handler: () => import('./smart.handler.ts')},
  'corral disk initgpt': {spec: () => import('./initgpt.spec.ts'), handler: () => import('./initgpt.handler.ts')},
  'corral disk wipe': {spec: () => import('./wipe.spec.ts'), handler: () => import('./wipe.handler.ts')},
}
