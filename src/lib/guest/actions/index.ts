// The kinds of action on guests of both kinds, each loaded when a plan has one.
import type {ActionKind} from '../../tasks/index.ts'

export const actionLoaders: Readonly<Record<string, () => Promise<ActionKind>>> = {
  'guest.attach-volumes': async () => (await import('./volumes.ts')).attachVolumes,
  'guest.detach-volumes': async () => (await import('./volumes.ts')).detachVolumes,
  'guests.start': async () => (await import('./start-guests.ts')).startGuests,
  'guests.shut-down': async () => (await import('./shut-down-guests.ts')).shutDownGuests,
}
