// The commands on jobs, each loaded when it is called.
import type {CatalogEntry} from '../../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'corral backup job add': {spec: () => import('./backup-job-add.spec.ts'), handler: () => import('./backup-job-add.handler.ts')},
  'corral backup job list': {spec: () => import('./backup-job-list.spec.ts'), handler: () => import('./backup-job-list.handler.ts')},
  'corral backup job remove': {spec: () => import('./backup-job-remove.spec.ts'), handler: () => import('./backup-job-remove.handler.ts')},
  'corral backup job run': {spec: () => import('./backup-job-run.spec.ts'), handler: () => import('./backup-job-run.handler.ts')},
  'corral backup job set': {spec: () => import('./backup-job-set.spec.ts'), handler: () => import('./backup-job-set.handler.ts')},
  'corral backup job show': {spec: () => import('./backup-job-show.spec.ts'), handler: () => import('./backup-job-show.handler.ts')},
  'corral backup job uncovered': {spec: () => import('./backup-job-uncovered.spec.ts'), handler: () => import('./backup-job-uncovered.handler.ts')},
  'corral backup job volumes': {spec: () => import('./backup-job-volumes.spec.ts'), handler: () => import('./backup-job-volumes.handler.ts')},
  'corral snapshot job add': {spec: () => import('./snapshot-job-add.spec.ts'), handler: () => import('./snapshot-job-add.handler.ts')},
  'corral snapshot job list': {spec: () => import('./snapshot-job-list.spec.ts'), handler: () => import('./snapshot-job-list.handler.ts')},
  'corral snapshot job remove': {spec: () => import('./snapshot-job-remove.spec.ts'), handler: () => import('./snapshot-job-remove.handler.ts')},
  'corral snapshot job run': {spec: () => import('./snapshot-job-run.spec.ts'), handler: () => import('./snapshot-job-run.handler.ts')},
  'corral snapshot job set': {spec: () => import('./snapshot-job-set.spec.ts'), handler: () => import('./snapshot-job-set.handler.ts')},
  'corral snapshot job show': {spec: () => import('./snapshot-job-show.spec.ts'), handler: () => import('./snapshot-job-show.handler.ts')},
}
