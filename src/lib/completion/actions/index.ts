// The kinds of action that completion needs.
import type {ActionKind} from '../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'completion.link': async () => (await import('./link.ts')).completionLink,
}
