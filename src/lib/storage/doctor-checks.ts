// What storages contribute to `corral doctor`, each loaded when it runs.
import type {DoctorCheck} from '../tasks/index.ts'

export const doctorCheckLoaders: Readonly<Record<string, () => Promise<DoctorCheck>>> = {
  'storage.nbd-leftovers': async () => (await import('./nbd-leftovers-check.ts')).nbdLeftoversCheck,
  'storage.leftovers': async () => (await import('./leftovers-check.ts')).leftoversCheck,
}
