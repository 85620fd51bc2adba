// The commands of pct: for each, what loads its spec and what loads its handler.
import type {CatalogEntry} from '../../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'corral container cleanup': {spec: () => import('./cleanup.spec.ts'), handler: () => import('./cleanup.handler.ts')},
  'pct config': {spec: () => import('./config.spec.ts'), handler: () => import('./config.handler.ts')},
  'pct console': {spec: () => import('./console.spec.ts'), handler: () => import('./console.handler.ts')},
  'pct cpusets': {spec: () => import('./cpusets.spec.ts'), handler: () => import('./cpusets.handler.ts')},
  'pct create': {spec: () => import('./create.spec.ts'), handler: () => import('./create.handler.ts')},
  'pct delsnapshot': {spec: () => import('./delsnapshot.spec.ts'), handler: () => import('./delsnapshot.handler.ts')},
  'pct destroy': {spec: () => import('./destroy.spec.ts'), handler: () => import('./destroy.handler.ts')},
  'pct enter': {spec: () => import('./enter.spec.ts'), handler: () => import('./enter.handler.ts')},
  'pct exec': {spec: () => import('./exec.spec.ts'), handler: () => import('./exec.handler.ts')},
  'pct list': {spec: () => import('./list.spec.ts'), handler: () => import('./list.handler.ts')},
  'pct listsnapshot': {spec: () => import('./listsnapshot.spec.ts'), handler: () => import('./listsnapshot.handler.ts')},
  'pct pending': {spec: () => import('./pending.spec.ts'), handler: () => import('./pending.handler.ts')},
  'pct reboot': {spec: () => import('./reboot.spec.ts'), handler: () => import('./reboot.handler.ts')},
  'pct rescan': {spec: () => import('./rescan.spec.ts'), handler: () => import('./rescan.handler.ts')},
  'pct resume': {spec: () => import('./resume.spec.ts'), handler: () => import('./resume.handler.ts')},
  'pct rollback': {spec: () => import('./rollback.spec.ts'), handler: () => import('./rollback.handler.ts')},
  'pct set': {spec: () => import('./set.spec.ts'), handler: () => import('./set.handler.ts')},
  'pct shutdown': {spec: () => import('./shutdown.spec.ts'), handler: () => import('./shutdown.handler.ts')},
  'pct snapshot': {spec: () => import('./snapshot.spec.ts'), handler: () => import('./snapshot.handler.ts')},
  'pct start': {spec: () => import('./start.spec.ts'), handler: () => import('./start.handler.ts')},
  'pct status': {spec: () => import('./status.spec.ts'), handler: () => import('./status.handler.ts')},
  'pct stop': {spec: () => import('./stop.spec.ts'), handler: () => import('./stop.handler.ts')},
  'pct suspend': {spec: () => import('./suspend.spec.ts'), handler: () => import('./suspend.handler.ts')},
  'pct unlock': {spec: () => import('./unlock.spec.ts'), handler: () => import('./unlock.handler.ts')},
}
