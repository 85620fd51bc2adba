// pvesm add: a new section of storage.cfg, after its folders were made, so that a storage that cannot work is never written.
import {ConflictError, InvalidInputError} from '../../base/index.ts'
import type {Context, Step} from '../../tasks/index.ts'
import {handleChange, storeCommitStep} from '../../tasks/index.ts'
import {checkedConfig, refuseForeignOptions} from '../checked-config.ts'
import {isOnNode, openVolume, secretPath} from '../open-storage.ts'
import {isTrue} from '../option-values.ts'
import {loadStoragePlugin} from '../plugins.ts'
import {secretFile, splitSecret} from '../secrets.ts'
import {formatStorageConfig, readStorageFile, storageConfigPath, withDefault} from '../storage-config.ts'
import type {StorageConfig, StoragePlugin} from '../storage.ts'
import {storageLock} from '../volume-steps.ts'
import {spec} from './add.spec.ts'

export const handler = handleChange(spec, {
  locks: ({storage}) => [storageConfigPath, storageLock(storage)],
  plan: async ({type, storage, authsupported, ...options}, context) => {
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
    checkAuthentication(type, authsupported, options)
    const {plain, secret} = splitSecret(plugin, options)
    const config = checkedConfig(plugin, {...plugin.defaultsFor?.(storage), ...plain, type, storage}, context)
    const text = formatStorageConfig(file, [...Object.values(file.sections), config])
    const commit = storeCommitStep([{path: storageConfigPath, was: file.file, text}])
    const isUsedHere = !isTrue(config['disable']) && isOnNode(config, context.node)
    // A secret that is there without a section belonged to a storage that is gone.
    const keep = (await secretFile(plugin, config, secret, context, true)).map((file) => storeCommitStep([file]))
    const ready: Step[] = isUsedHere ? [...await groupSteps(config, context), {do: {kind: 'storage.activate', config, ...mountCommands(plugin, config, secret !== undefined, context)}}] : []
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

/** @throws InvalidInputError when a cluster that is to be spoken to in one way would be spoken to in the other */
function checkAuthentication(type: string, authsupported: string | undefined, {monhost, keyring}: Readonly<Record<string, unknown>>): void {
  if (authsupported === undefined) return
  const wrong = (sentence: string, nextStep: string) => new InvalidInputError(sentence, {authsupported: 'does not fit'}, {nextSteps: [nextStep]})
  if (type !== 'rbd' && type !== 'cephfs') throw wrong(`storages of type ${type} have no option 'authsupported'`, 'It is for Ceph: rbd and cephfs.')
  const isWithKey = authsupported === 'cephx'
  if (monhost === undefined && !isWithKey) throw wrong('how the cluster of /etc/ceph/ceph.conf lets clients in is said in that file', 'Name the cluster: --monhost')
  if (monhost === undefined || isWithKey === (keyring !== undefined)) return
  throw isWithKey ? wrong('cephx needs the key of a user', 'Give its file: --keyring') : wrong('with a keyring the cluster is spoken to with authentication', 'Leave out --keyring or --authsupported none.')
}

/** What mounts it, with the file that will hold its secret, which is in nobody's plan. */
function mountCommands(plugin: StoragePlugin, config: StorageConfig, hasSecret: boolean, {host, clock, places}: Context): {readonly commands?: readonly (readonly string[])[]} {
  const path = hasSecret ? plugin.secret?.storePath(config) : undefined
  const {mount} = plugin.open(config, host, clock, path === undefined ? undefined : {text: '', path: secretPath(places, path)})
  return mount === undefined ? {} : {commands: mount.commands}
}
