// What virtual machines contribute to `corral doctor`, each loaded when it runs.
import type {DoctorCheck} from '../../tasks/index.ts'

export const doctorCheckLoaders: Readonly<Record<string, () => Promise<DoctorCheck>>> = {
  'qemu.run-files': async () => (await import('./runtime/doctor-check.ts')).runFilesCheck,
  'qemu.frozen': async () => (await import('./agent/doctor-check.ts')).frozenGuestsCheck,
}
