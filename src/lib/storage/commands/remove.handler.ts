// pvesm remove: takes a section out of storage.cfg. The volumes stay.
import {ConflictError} from '../../base/index.ts'
import {handleChange, storeCommitStep} from '../../tasks/index.ts'
import {secretPath, storageConfig} from '../open-storage.ts'
import {loadStoragePlugin, storageTypes} from '../plugins.ts'
import {secretFile} from '../secrets.ts'
import {defaultStorageName, formatStorageConfig, readStorageFile, storageConfigPath} from '../storage-config.ts'
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
    const text = formatStorageConfig(file, Object.values(file.sections).filter((section) => section.storage !== storage))
    if (storage === defaultStorageName) context.log.warn(`the storage '${defaultStorageName}' is back at its default now, and not disabled`)
    const secrets = storageTypes.includes(type) ? await secretFile(await loadStoragePlugin(type), config, undefined, context, true) : []
    return {
      steps: [storeCommitStep([{path: storageConfigPath, was: file.file, text: text === '' ? undefined : text}, ...secrets])],
      afterwards: secrets.map(({path}) => ({kind: 'file.remove', path: secretPath(context.places, path)})),
      whenInterrupted: 'undo', result: null,
    }
  },
})
