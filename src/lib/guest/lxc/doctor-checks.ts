// What containers contribute to `corral doctor`, each loaded when it runs.
import type {DoctorCheck} from '../../tasks/index.ts'

export const doctorCheckLoaders: Readonly<Record<string, () => Promise<DoctorCheck>>> = {
  'lxc.run-files': async () => (await import('./runtime/doctor-check.ts')).containerRunFilesCheck,
}
