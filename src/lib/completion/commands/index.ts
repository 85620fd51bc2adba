// The commands about completion, each loaded when it is called.
import type {CatalogEntry} from '../../tasks/index.ts'

export const commands: Readonly<Record<string, CatalogEntry>> = {
  'corral autocomplete': {spec: () => import('./autocomplete.spec.ts'), handler: () => import('./autocomplete.handler.ts')},
  'corral autocomplete install': {spec: () => import('./install.spec.ts'), handler: () => import('./install.handler.ts')},
}
