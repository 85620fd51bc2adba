// The commands of qm: for each, what loads its spec and what loads its handler.
import type {CatalogEntry} from '../../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'qm cleanup': {spec: () => import('./cleanup.spec.ts'), handler: () => import('./cleanup.handler.ts')},
  'qm config': {spec: () => import('./config.spec.ts'), handler: () => import('./config.handler.ts')},
  'qm create': {spec: () => import('./create.spec.ts'), handler: () => import('./create.handler.ts')},
  'qm destroy': {spec: () => import('./destroy.spec.ts'), handler: () => import('./destroy.handler.ts')},
  'qm list': {spec: () => import('./list.spec.ts'), handler: () => import('./list.handler.ts')},
  'qm monitor': {spec: () => import('./monitor.spec.ts'), handler: () => import('./monitor.handler.ts')},
  'qm pending': {spec: () => import('./pending.spec.ts'), handler: () => import('./pending.handler.ts')},
  'qm reboot': {spec: () => import('./reboot.spec.ts'), handler: () => import('./reboot.handler.ts')},
  'qm reset': {spec: () => import('./reset.spec.ts'), handler: () => import('./reset.handler.ts')},
  'qm set': {spec: () => import('./set.spec.ts'), handler: () => import('./set.handler.ts')},
  'qm showcmd': {spec: () => import('./showcmd.spec.ts'), handler: () => import('./showcmd.handler.ts')},
  'qm shutdown': {spec: () => import('./shutdown.spec.ts'), handler: () => import('./shutdown.handler.ts')},
  'qm start': {spec: () => import('./start.spec.ts'), handler: () => import('./start.handler.ts')},
  'qm status': {spec: () => import('./status.spec.ts'), handler: () => import('./status.handler.ts')},
  'qm stop': {spec: () => import('./stop.spec.ts'), handler: () => import('./stop.handler.ts')},
  'qm terminal': {spec: () => import('./terminal.spec.ts'), handler: () => import('./terminal.handler.ts')},
  'qm unlock': {spec: () => import('./unlock.spec.ts'), handler: () => import('./unlock.handler.ts')},
  'qm wait': {spec: () => import('./wait.spec.ts'), handler: () => import('./wait.handler.ts')},
  'qmeventd': {spec: () => import('./qmeventd.spec.ts'), handler: () => import('./qmeventd.handler.ts')},
}
