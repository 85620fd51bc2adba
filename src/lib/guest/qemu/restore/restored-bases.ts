// The backup of a template is restored as a template: once its disks are filled they become bases under other names. Where a storage has no bases, the
// machine is restored as one that is no template, and that is said.
import {UnsupportedError} from '../../../base/index.ts'
import {formatVolumeId, makeNewBaseStep, openVolume} from '../../../storage/index.ts'
import type {Context, Step} from '../../../tasks/index.ts'

export interface RestoredBases {
  readonly steps: readonly Step[]
  /** The name that each volume has then. */
  readonly names: Readonly<Record<string, string>>
}

/** @param volumes of drives, which steps before make. @returns undefined when it cannot become a template. @throws ConflictError when a name is taken */
export async function restoredBases(vmid: number, volumes: readonly string[], context: Context): Promise<RestoredBases | undefined> {
  const steps: Step[] = []
  const names: Record<string, string> = {}
  try {
    for (const volume of volumes) {
      const {storage, id} = await openVolume(volume, context)
      const {base, step} = await makeNewBaseStep(storage, id)
      steps.push(step)
      names[volume] = formatVolumeId(base)
    }
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error
    context.log.warn(`the backup is of a template, and virtual machine ${vmid} is none: ${error.message}`)
    return undefined
  }
  return {steps, names}
}
