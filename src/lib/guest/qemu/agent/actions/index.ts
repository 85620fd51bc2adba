// The kinds of action that ask the agent of a guest, each loaded when a plan has one.
import type {ActionKind} from '../../../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'guest.ask-agent': async () => (await import('./ask.ts')).ask,
  'guest.exec': async () => (await import('./exec.ts')).exec,
  'guest.freeze': async () => (await import('./freeze.ts')).freeze,
  'guest.thaw': async () => (await import('./thaw.ts')).thaw,
}
