// The files on a guest's drive for cloud-init, in the form that it has: NoCloud, a config drive of OpenStack, OpenNebula's context. Pure.
import {createHash} from 'node:crypto'
import {InvalidInputError} from '../../../base/index.ts'
import {contextText} from './context-text.ts'
import type {IsoFile} from './iso-image.ts'
import {interfacesText, networkConfig, networkData} from './network-text.ts'
import type {CloudInitSettings, CustomPart} from './settings.ts'
import {userData} from './user-data.ts'
import type {YamlWriter} from './user-data.ts'

/** Files of the user's own, which take the place of generated ones. */
export type CustomFiles = Readonly<Partial<Record<CustomPart, Buffer>>>

export interface DriveFiles {
  /** By which cloud-init finds the drive. */
  readonly label: 'cidata' | 'config-2' | 'CONTEXT'
  readonly files: readonly IsoFile[]
}

/** @throws InvalidInputError for files that the form has no place for */
export function driveFiles(settings: CloudInitSettings, custom: CustomFiles, write: YamlWriter): DriveFiles {
  const user = custom.user ?? Buffer.from(userData(settings, write))
  const network = custom.network ?? Buffer.from(generatedNetwork(settings, write))
  const meta = custom.meta ?? Buffer.from(metadata(settings, user, network))
  const files: readonly (readonly [string, Buffer | undefined])[] = filesOf[settings.form](settings, {user, network, meta}, custom)
  return {label: labels[settings.form], files: files.flatMap(([path, data]) => (data === undefined ? [] : [{path, data}]))}
}

const labels = {nocloud: 'cidata', configdrive2: 'config-2', opennebula: 'CONTEXT'} as const

interface Parts { readonly user: Buffer; readonly network: Buffer; readonly meta: Buffer }
type FilesOfForm = (settings: CloudInitSettings, parts: Parts, custom: CustomFiles) => readonly (readonly [string, Buffer | undefined])[]

const filesOf: Readonly<Record<CloudInitSettings['form'], FilesOfForm>> = {
  nocloud: (_, {user, network, meta}, {vendor}) => [['user-data', user], ['network-config', network], ['meta-data', meta], ['vendor-data', vendor]],
  configdrive2: (settings, {user, network, meta}, custom) => [
    ['openstack/latest/user_data', settings.isWindows ? custom.user : user],
    ['openstack/content/0000', network],
    ['openstack/latest/meta_data.json', meta],
    // The guest would prefer it to the file of the user's own.
    ['openstack/latest/network_data.json', custom.network === undefined ? Buffer.from(networkData(settings)) : undefined],
    ['openstack/latest/vendor_data.json', custom.vendor],
  ],
  opennebula: (settings, {user}, custom) => {
    const misplaced = (['network', 'meta', 'vendor'] as const).find(part => custom[part] !== undefined)
    if (misplaced !== undefined) {
      throw new InvalidInputError(`'cicustom' names a file for '${misplaced}', which a drive of OpenNebula has no place for`, {[`cicustom.${misplaced}`]: 'has no place with citype=opennebula'})
    }
    return [['context.sh', Buffer.from(contextText(settings, user))]]
  },
}

export type GeneratedPart = 'user' | 'network' | 'meta'

/** One of the generated files as text, whatever `cicustom` says. */
export function generatedText(settings: CloudInitSettings, part: GeneratedPart, write: YamlWriter): string {
  const [user, network] = [userData(settings, write), generatedNetwork(settings, write)]
  return {user, network, meta: metadata(settings, Buffer.from(user), Buffer.from(network))}[part]
}

function generatedNetwork(settings: CloudInitSettings, write: YamlWriter): string {
  return settings.form === 'nocloud' ? networkConfig(settings, write) : interfacesText(settings)
}

/** The guest takes another identity for another instance, and sets itself up again: so it follows from all that it is told. */
function metadata(settings: CloudInitSettings, user: Buffer, network: Buffer): string {
  const instance = createHash('sha1').update(user).update(network).digest('hex')
  if (settings.form === 'nocloud') return `instance-id: ${instance}\n`
  const forWindows = {
    hostname: settings.hostname,
    public_keys: Object.fromEntries(settings.keys.map((key, index) => [`key-${index}`, key])),
  }
  return `${JSON.stringify({...(settings.isWindows ? forWindows : {}), uuid: instance, network_config: {content_path: '/content/0000'}}, undefined, 1)}\n`
}
