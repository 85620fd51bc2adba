// What storages contribute to `corral doctor`, each loaded when it runs.
import type {DoctorCheck} from '../tasks/index.ts'

export const doctorCheckLoaders: Readonly<Record<string, () => Promise<DoctorCheck>>> = {
  'storage.leftovers': async () => (await import('./leftovers-check.ts')).leftoversCheck,
}
