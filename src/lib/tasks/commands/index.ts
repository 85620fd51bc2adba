// The commands of this domain: tasks and the doctor.
import type {CatalogEntry} from '../catalog-entry.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'pvenode task list': {spec: () => import('./task-list.spec.ts'), handler: () => import('./task-list.handler.ts')},
  'pvenode task log': {spec: () => import('./task-log.spec.ts'), handler: () => import('./task-log.handler.ts')},
  'pvenode task status': {spec: () => import('./task-status.spec.ts'), handler: () => import('./task-status.handler.ts')},
  'corral task wait': {spec: () => import('./task-wait.spec.ts'), handler: () => import('./task-wait.handler.ts')},
  'corral task stop': {spec: () => import('./task-stop.spec.ts'), handler: () => import('./task-stop.handler.ts')},
  'corral doctor': {spec: () => import('./doctor.spec.ts'), handler: () => import('./doctor.handler.ts')},
}
