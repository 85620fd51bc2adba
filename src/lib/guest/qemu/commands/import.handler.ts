// Makes a virtual machine from a volume of content type import.
import {InvalidInputError} from '../../../base/index.ts'
import {findParam} from '../../../spec/params.ts'
import {openVolume} from '../../../storage/index.ts'
import {importFilePath} from '../../../storage/import/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {splitOptions} from '../config-values.ts'
import {qemuConfigParams} from '../config/index.ts'
import {readImportSource} from '../import/import-source.ts'
import {describeImport, importLocks, planImport, omittedKeys} from '../import/plan-import.ts'
import {spec} from './import.spec.ts'

export const handler = handleChange(spec, {
  locks: (params, context) => (params.dryrun === true ? [] : importLocks({vmid: params.vmid, storage: params.storage, options: optionsOf(params)}, context)),
  // Imports onto one storage wait for each other while volumes are made.
  lockTimeoutMs: 60_000,
  plan: async (params, context) => {
    const {vmid, source, storage, format, dryrun} = params
    const omit = omittedKeys(params.delete, (key) => findParam(qemuConfigParams, key) !== undefined)
    const imported = await readImportSource(await pathOfSource(source, context), context.host)
    const options = optionsOf(params)
    if (dryrun === true) return {steps: [], whenInterrupted: 'undo', result: describeImport({imported, options, omit})}
    return planImport({vmid, imported, storage, options, omit, isLive: params['live-import'] === true, ...(format === undefined ? {} : {format})}, context)
  },
})

/** The keys of qm.conf among the parameters. */
function optionsOf(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const {drives, others} = splitOptions(params)
  return {...others, ...drives}
}

async function pathOfSource(source: string, context: Context): Promise<string> {
  const {storage, id} = await openVolume(source, context)
  const {format} = storage.parseName(id.name)
  if (format === 'ova' || format === 'ovf') return importFilePath(storage, id)
  throw new InvalidInputError(`'${source.slice(0, 120)}' is no machine that can be imported`, {source: 'must be an archive (.ova) or a manifest (.ovf) on a storage for imports'}, {
    nextSteps: [`See which there are: pvesm list ${id.storage} --content import`, `A single image is imported with: qm disk import VMID PATH STORAGE`],
  })
}
