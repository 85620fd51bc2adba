// The commands of `pvesm`, each loaded when it is called.
import type {CatalogEntry} from '../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'pvesm add': {spec: () => import('./add.spec.ts'), handler: () => import('./add.handler.ts')},
  'pvesm set': {spec: () => import('./set.spec.ts'), handler: () => import('./set.handler.ts')},
  'pvesm remove': {spec: () => import('./remove.spec.ts'), handler: () => import('./remove.handler.ts')},
  'pvesm status': {spec: () => import('./status.spec.ts'), handler: () => import('./status.handler.ts')},
  'pvesm list': {spec: () => import('./list.spec.ts'), handler: () => import('./list.handler.ts')},
  'pvesm alloc': {spec: () => import('./alloc.spec.ts'), handler: () => import('./alloc.handler.ts')},
  'pvesm free': {spec: () => import('./free.spec.ts'), handler: () => import('./free.handler.ts')},
  'pvesm path': {spec: () => import('./path.spec.ts'), handler: () => import('./path.handler.ts')},
  'pvesm scan cifs': {spec: () => import('./scan-cifs.spec.ts'), handler: () => import('./scan-cifs.handler.ts')},
  'pvesm scan lvm': {spec: () => import('./scan-lvm.spec.ts'), handler: () => import('./scan-lvm.handler.ts')},
  'pvesm scan lvmthin': {spec: () => import('./scan-lvmthin.spec.ts'), handler: () => import('./scan-lvmthin.handler.ts')},
  'pvesm scan nfs': {spec: () => import('./scan-nfs.spec.ts'), handler: () => import('./scan-nfs.handler.ts')},
  'pvesm scan zfs': {spec: () => import('./scan-zfs.spec.ts'), handler: () => import('./scan-zfs.handler.ts')},
  'pvesm apiinfo': {spec: () => import('./apiinfo.spec.ts'), handler: () => import('./apiinfo.handler.ts')},
  'pvesm prune-backups': {spec: () => import('./prune-backups.spec.ts'), handler: () => import('./prune-backups.handler.ts')},
  'pvesm scan iscsi': {spec: () => import('./scan-iscsi.spec.ts'), handler: () => import('./scan-iscsi.handler.ts')},
  'pvesm extractconfig': {spec: () => import('./extractconfig.spec.ts'), handler: () => import('./extractconfig.handler.ts')},
  'pvesm export': {spec: () => import('./export.spec.ts'), handler: () => import('./export.handler.ts')},
  'pvesm import': {spec: () => import('./import.spec.ts'), handler: () => import('./import.handler.ts')},
  'corral storage download-url': {spec: () => import('./download-url.spec.ts'), handler: () => import('./download-url.handler.ts')},
  'corral storage annotate': {spec: () => import('./annotate.spec.ts'), handler: () => import('./annotate.handler.ts')},
  'corral storage upload': {spec: () => import('./upload.spec.ts'), handler: () => import('./upload.handler.ts')},
}
