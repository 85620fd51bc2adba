// The kinds of action that are done to other hosts and to contexts.yaml.
import type {ActionKind} from '../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'contexts.write': async () => (await import('./contexts-write.ts')).contextsWrite,
  'host.install-packages': async () => (await import('./host-actions.ts')).hostInstallPackages,
  'host.add-id-ranges': async () => (await import('./host-actions.ts')).hostAddIdRanges,
  'host.install-agent': async () => (await import('./host-actions.ts')).hostInstallAgent,
  'host.remove-agent': async () => (await import('./host-actions.ts')).hostRemoveAgent,
  'host.remember': async () => (await import('./host-actions.ts')).hostRemember,
}
