// pvesm add: a new section of storage.cfg, after its folders were made, so that a storage that cannot work is never written.
import {ConflictError, InvalidInputError} from '../../base/index.ts'
import type {Context, Step} from '../../tasks/index.ts'
import {handleChange, storeCommitStep} from '../../tasks/index.ts'
import {checkedConfig, refuseForeignOptions} from '../checked-config.ts'
import {isOnNode, openVolume} from '../open-storage.ts'
import {isTrue} from '../option-values.ts'
import {loadStoragePlugin} from '../plugins.ts'
import {secretFile, splitSecret} from '../secrets.ts'
import {formatStorageConfig, readStorageFile, storageConfigPath, withDefault} from '../storage-config.ts'
import type {StorageConfig} from '../storage.ts'
import {storageLock} from '../volume-steps.ts'
import {spec} from './add.spec.ts'

export const handler = handleChange(spec, {
  locks: ({storage}) => [storageConfigPath, storageLock(storage)],
  plan: async ({type, storage, ...options}, context) => {
    const plugin = await loadStoragePlugin(type)
    const file = await readStorageFile(context.store)
    if (Object.hasOwn(withDefault(file, context.places), storage) || file.problems.some(({section}) => section === storage)) {
      throw new ConflictError(`there is a storage '${storage}' already`, {nextSteps: [`Change its options: pvesm set ${storage}`]})
    }
    refuseForeignOptions(plugin, options)
    for (const [name, schema] of Object.entries(plugin.params)) {
      if (schema.optional !== true && (options as Record<string, unknown>)[name] === undefined) {
        throw new InvalidInputError(`a storage of type ${type} needs --${name}`, {[name]: 'is missing'})
      }
    }
    const {plain, secret} = splitSecret(plugin, options)
    const config = checkedConfig(plugin, {...plugin.defaultsFor?.(storage), ...plain, type, storage}, context)
    const text = formatStorageConfig(file, [...Object.values(file.sections), config])
    const commit = storeCommitStep([{path: storageConfigPath, was: file.file, text}])
    const isUsedHere = !isTrue(config['disable']) && isOnNode(config, context.node)
    // A secret that is there without a section belonged to a storage that is gone.
    const keep = (await secretFile(plugin, config, secret, context, true)).map((file) => storeCommitStep([file]))
    const ready: Step[] = isUsedHere ? [...await groupSteps(config, context), {do: {kind: 'storage.activate', config}}] : []
    const steps: Step[] = [...keep, ...ready, commit]
    return {steps, whenInterrupted: 'undo', result: {storage, type}}
  },
})

/**
 * For a volume group on a volume of another storage: that storage must be there, and the group is made where it is not.
 * @throws as openVolume, InvalidInputError when QEMU alone opens that volume
 */
async function groupSteps(config: StorageConfig, context: Context): Promise<Step[]> {
  const {base} = config
  if (typeof base !== 'string') return []
  const {storage, id} = await openVolume(base, context)
  if (!storage.path(id).startsWith('/dev/')) {
    throw new InvalidInputError(`${base} is no disk of the host, so a volume group cannot lie on it`, {base: 'must be a LUN of a storage of type iscsi'})
  }
  return [{do: {kind: 'storage.make-group', base, group: String(config['vgname'])}}]
}
