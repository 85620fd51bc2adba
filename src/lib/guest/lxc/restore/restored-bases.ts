// The backup of a template is restored as a template: once its volumes are filled they become bases under other names. Where a storage has none for such
// volumes they stay as they are, as with pct template.
import {formatVolumeId, makeNewBaseStep, openVolume} from '../../../storage/index.ts'
import type {Context, Step} from '../../../tasks/index.ts'
import {readMountPoint} from '../config/index.ts'

export interface RestoredBases {
  readonly steps: readonly Step[]
  /** The name that each volume has then. */
  readonly names: Readonly<Record<string, string>>
}

/** @param values of the root file system and mount points, whose volumes steps before make. @throws ConflictError when a name is taken */
export async function restoredBases(vmid: number, values: Readonly<Record<string, string>>, context: Context): Promise<RestoredBases> {
  const steps: Step[] = []
  const names: Record<string, string> = {}
  for (const [key, text] of Object.entries(values)) {
    const {type, source} = readMountPoint(key, text)
    if (type !== 'volume') continue
    const {storage, id} = await openVolume(source, context)
    const {format} = storage.parseName(id.name)
    if (storage.templates === undefined || !storage.traits.templateFormats.some((able) => able === format)) {
      context.log.info(`${source} of container ${vmid} stays as it is: storage '${id.storage}' (${storage.config.type}) has no bases of ${format} volumes`)
      continue
    }
    const {base, step} = await makeNewBaseStep(storage, id)
    steps.push(step)
    names[source] = formatVolumeId(base)
  }
  return {steps, names}
}
