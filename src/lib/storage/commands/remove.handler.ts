// pvesm remove: takes a section out of storage.cfg. The volumes stay.
import {AppError, ConflictError} from '../../base/index.ts'
import type {Action, Context} from '../../tasks/index.ts'
import {handleChange, storeCommitStep} from '../../tasks/index.ts'
import {openConfigured, secretPath, storageConfig} from '../open-storage.ts'
import {loadStoragePlugin, storageTypes} from '../plugins.ts'
import {secretFile} from '../secrets.ts'
import {defaultStorageName, formatStorageConfig, readStorageFile, storageConfigPath} from '../storage-config.ts'
import type {StorageConfig} from '../storage.ts'
import {storageLock} from '../volume-steps.ts'
import {spec} from './remove.spec.ts'

export const handler = handleChange(spec, {
  locks: ({storage}) => [storageConfigPath, storageLock(storage)],
  plan: async ({storage}, context) => {
    const file = await readStorageFile(context.store)
    const config = await storageConfig(storage, context)
    const {type} = config
    if (!Object.hasOwn(file.sections, storage)) {
      throw new ConflictError(`the storage '${defaultStorageName}' is there without being configured, so it cannot be removed`, {
        nextSteps: [`Take it out of use: pvesm set ${defaultStorageName} --disable 1`],
      })
    }
    const others = Object.values(file.sections).filter((section) => section.storage !== storage)
    checkCarriesNone(storage, others)
    const text = formatStorageConfig(file, others)
    if (storage === defaultStorageName) context.log.warn(`the storage '${defaultStorageName}' is back at its default now, and not disabled`)
    const secrets = storageTypes.includes(type) ? await secretFile(await loadStoragePlugin(type), config, undefined, context, true) : []
    return {
      steps: [storeCommitStep([{path: storageConfigPath, was: file.file, text: text === '' ? undefined : text}, ...secrets])],
      afterwards: [
        ...await unmountActions(config, others, context),
        ...secrets.map(({path}): Action => ({kind: 'file.remove', path: secretPath(context.places, path)})),
      ],
      whenInterrupted: 'undo', result: null,
    }
  },
})

/** @throws ConflictError while the volume group of another storage lies on a volume of this one */
function checkCarriesNone(storage: string, others: readonly StorageConfig[]): void {
  const carried = others.filter(({base}) => typeof base === 'string' && base.startsWith(`${storage}:`)).map((section) => section.storage)
  if (carried.length === 0) return
  throw new ConflictError(`storage '${storage}' carries ${carried.map((name) => `'${name}'`).join(', ')}, whose base lies on it`, {nextSteps: carried.map((name) => `Remove that first: pvesm remove ${name}`)})
}

/** A section that cannot be opened any more has nothing that we could unmount. */
async function unmountActions(config: StorageConfig, others: readonly StorageConfig[], context: Context): Promise<Action[]> {
  if (!storageTypes.includes(config.type)) return []
  const mount = await openConfigured(config, context).then((storage) => storage.mount, (error: unknown) => {
    if (error instanceof AppError) return undefined
    throw error
  })
  if (mount === undefined) return []
  const user = others.find(({path}) => typeof path === 'string' && (path === mount.path || path.startsWith(`${mount.path}/`)))
  if (user === undefined) return [{kind: 'storage.unmount', config, path: mount.path}]
  context.log.warn(`${mount.path} stays as it is: storage '${user.storage}' lies there`)
  return []
}
