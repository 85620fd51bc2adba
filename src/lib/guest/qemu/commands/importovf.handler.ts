// Makes a virtual machine from a manifest or an archive on this host.
import {InvalidInputError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {readImportSource} from '../import/import-source.ts'
import {describeImport, importLocks, planImport} from '../import/plan-import.ts'
import {spec} from './importovf.spec.ts'

export const handler = handleChange(spec, {
  locks: (params, context) => (params.dryrun === true ? [] : importLocks(params, context)),
  // Imports onto one storage wait for each other while volumes are made.
  lockTimeoutMs: 60_000,
  plan: async ({vmid, manifest, storage, format, dryrun}, context) => {
    checkManifest(manifest)
    const imported = await readImportSource(manifest, context.host)
    if (dryrun === true) return {steps: [], whenInterrupted: 'undo', result: describeImport({imported})}
    return planImport({vmid, imported, storage, ...(format === undefined ? {} : {format})}, context)
  },
})

function checkManifest(path: string): void {
  if (!path.startsWith('/')) throw new InvalidInputError(`the manifest must be an absolute path, not '${path.slice(0, 80)}'`, {manifest: 'must be an absolute path'})
  if (!/\.(?:ovf|ova)$/i.test(path)) throw new InvalidInputError(`'${path.slice(-80)}' is neither a manifest (.ovf) nor an archive (.ova)`, {manifest: 'must end in .ovf or .ova'})
}
