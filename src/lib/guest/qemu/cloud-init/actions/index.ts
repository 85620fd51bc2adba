// The kinds of action for cloud-init's drives, each loaded when a plan has one.
import type {ActionKind} from '../../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'guest.write-cloud-init': async () => (await import('./write-cloud-init.ts')).writeCloudInitAction,
}
