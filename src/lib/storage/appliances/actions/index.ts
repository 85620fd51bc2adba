// The kinds of action about container templates, each loaded when a plan has one.
import type {ActionKind} from '../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'aplinfo.fetch': async () => (await import('./fetch-index.ts')).fetchIndex,
  'template.build': async () => (await import('./build-template.ts')).buildTemplate,
  'template.discard-build': async () => (await import('./build-template.ts')).discardBuild,
  'template.download': async () => (await import('./download-template.ts')).downloadTemplate,
}
