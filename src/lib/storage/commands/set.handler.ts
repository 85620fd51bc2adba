// pvesm set: changes options of a section. The default storage `local` gets its section when it is first changed.
import {ConflictError, InvalidInputError, NotFoundError, UnavailableError, errorChain} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import {handleChange, storeCommitStep} from '../../tasks/index.ts'
import {checkedConfig, refuseForeignOptions} from '../checked-config.ts'
import {isTrue, splitWords} from '../option-values.ts'
import {isOnNode, secretPath, storageConfig} from '../open-storage.ts'
import {loadStoragePlugin} from '../plugins.ts'
import {formatStorageConfig, readStorageFile, storageConfigPath} from '../storage-config.ts'
import {secretFile, splitSecret} from '../secrets.ts'
import type {StorageConfig, StoragePlugin} from '../storage.ts'
import {storageLock} from '../volume-steps.ts'
import {spec} from './set.spec.ts'

export const handler = handleChange(spec, {
  locks: ({storage}) => [storageConfigPath, storageLock(storage)],
  plan: async ({storage, delete: remove, digest, ...options}, context) => {
    const file = await readStorageFile(context.store)
    const current = await storageConfig(storage, context)
    checkDigest(digest, file.file?.digest)
    const plugin = await loadStoragePlugin(current.type)
    const removed = checkRemoved(plugin, remove, options)
    refuseForeignOptions(plugin, options)
    const {plain, secret} = splitSecret(plugin, options)
    const changed: Record<string, unknown> = {...current}
    checkFixed(plugin, plain, current)
    for (const [option, value] of Object.entries(plain)) if (value !== undefined) changed[option] = value
    for (const option of removed) delete changed[option]
    const config = checkedConfig(plugin, changed as unknown as StorageConfig, context)
    if (secret !== undefined) await trySecret(plugin, config, secret, context)
    const text = formatStorageConfig(file, withSection(Object.values(file.sections), config))
    const isSecretChanged = secret !== undefined || plugin.secret !== undefined && removed.includes(plugin.secret.option)
    const files = [
      ...text === file.file?.data ? [] : [{path: storageConfigPath, was: file.file, text}],
      ...isSecretChanged ? await secretFile(plugin, config, secret, context) : [],
    ]
    const steps = files.length === 0 ? [] : [storeCommitStep(files)]
    return {steps, whenInterrupted: 'undo', result: {storage, type: current.type}}
  },
})

/**
 * A password that does not open the repository of a storage would be noticed by the next backup, at night. One that cannot be reached now is written all the same.
 * @throws ForbiddenError
 */
async function trySecret(plugin: StoragePlugin, config: StorageConfig, secret: string, context: Context): Promise<void> {
  if (plugin.secret === undefined || isTrue(config['disable']) || !isOnNode(config, context.node)) return
  const {host, clock, places, log} = context
  const given = {text: plugin.secret.fileText(secret), path: secretPath(places, plugin.secret.storePath(config))}
  try {
    await plugin.open(config, host, clock, given).repository?.use(async () => undefined, {lock: 'none'})
  } catch (error) {
    if (!(error instanceof NotFoundError || error instanceof UnavailableError)) throw error
    log.warn(`the password could not be tried: ${errorChain(error).join(': ')}`)
  }
}

function withSection(sections: readonly StorageConfig[], config: StorageConfig): StorageConfig[] {
  const isNew = !sections.some(({storage}) => storage === config.storage)
  return isNew ? [...sections, config] : sections.map((section) => section.storage === config.storage ? config : section)
}

/** @throws ConflictError when somebody changed the file since the digest was read */
function checkDigest(given: string | undefined, current: string | undefined): void {
  if (given === undefined || given === '' || given.toLowerCase() === current) return
  throw new ConflictError('storage.cfg was changed since the digest was read', {data: {digest: current}, nextSteps: ['Read it again and repeat the command.']})
}

/** @throws InvalidInputError for an option that only `pvesm add` takes */
function checkFixed({fixed, type}: StoragePlugin, options: Readonly<Record<string, unknown>>, current: StorageConfig): void {
  for (const name of fixed) {
    if (options[name] === undefined || options[name] === current[name]) continue
    throw new InvalidInputError(`the option '${name}' of a storage of type ${type} cannot be changed`, {[name]: 'is fixed'}, {nextSteps: [`pvesm remove ${current.storage}, then pvesm add ${type} ${current.storage} with another; what lies there stays.`]})
  }
}

/** @throws InvalidInputError for an option that cannot go, or is set in the same call */
function checkRemoved(plugin: StoragePlugin, list: string | undefined, options: Readonly<Record<string, unknown>>): string[] {
  const names = splitWords(list)
  for (const name of names) {
    if (!Object.hasOwn(plugin.params, name)) throw new InvalidInputError(`storages of type ${plugin.type} have no option '${name}'`, {delete: `there is no option '${name}'`})
    if (plugin.fixed.includes(name)) throw new InvalidInputError(`the option '${name}' cannot be changed`, {delete: `'${name}' is fixed`})
    if (options[name] !== undefined) throw new InvalidInputError(`'${name}' cannot be set and deleted at once`, {delete: `'${name}' is set too`})
  }
  return names
}
