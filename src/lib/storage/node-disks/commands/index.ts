// The commands about the disks of a node, each loaded when it is called.
import type {CatalogEntry} from '../../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'corral disk list': {spec: () => import('./list.spec.ts'), handler: () => import('./list.handler.ts')},
  'corral disk smart': {spec: () => import('./smart.spec.ts'), handler: () => import('./smart.handler.ts')},
  'corral disk initgpt': {spec: () => import('./initgpt.spec.ts'), handler: () => import('./initgpt.handler.ts')},
  'corral disk wipe': {spec: () => import('./wipe.spec.ts'), handler: () => import('./wipe.handler.ts')},
  'corral disk lvm list': {spec: () => import('./lvm-list.spec.ts'), handler: () => import('./lvm-list.handler.ts')},
  'corral disk lvm create': {spec: () => import('./lvm-create.spec.ts'), handler: () => import('./lvm-create.handler.ts')},
  'corral disk lvm destroy': {spec: () => import('./lvm-destroy.spec.ts'), handler: () => import('./lvm-destroy.handler.ts')},
  'corral disk lvmthin list': {spec: () => import('./lvmthin-list.spec.ts'), handler: () => import('./lvmthin-list.handler.ts')},
  'corral disk lvmthin create': {spec: () => import('./lvmthin-create.spec.ts'), handler: () => import('./lvmthin-create.handler.ts')},
  'corral disk lvmthin destroy': {spec: () => import('./lvmthin-destroy.spec.ts'), handler: () => import('./lvmthin-destroy.handler.ts')},
  'corral disk zfs list': {spec: () => import('./zfs-list.spec.ts'), handler: () => import('./zfs-list.handler.ts')},
  'corral disk zfs status': {spec: () => import('./zfs-status.spec.ts'), handler: () => import('./zfs-status.handler.ts')},
  'corral disk zfs create': {spec: () => import('./zfs-create.spec.ts'), handler: () => import('./zfs-create.handler.ts')},
  'corral disk zfs destroy': {spec: () => import('./zfs-destroy.spec.ts'), handler: () => import('./zfs-destroy.handler.ts')},
  'corral disk directory list': {spec: () => import('./directory-list.spec.ts'), handler: () => import('./directory-list.handler.ts')},
  'corral disk directory create': {spec: () => import('./directory-create.spec.ts'), handler: () => import('./directory-create.handler.ts')},
  'corral disk directory destroy': {spec: () => import('./directory-destroy.spec.ts'), handler: () => import('./directory-destroy.handler.ts')},
}
