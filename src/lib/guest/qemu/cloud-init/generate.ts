// Gathers what the files on a guest's drive for cloud-init come from: its configuration, the host's DNS settings, snippets of storages.
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {StorageContext} from '../../../storage/index.ts'
import {driveFiles} from './drive-files.ts'
import type {CustomFiles, DriveFiles} from './drive-files.ts'
import {customParts, readCloudInitSettings, readHostDns} from './settings.ts'
import type {CloudInitSettings, CustomPart} from './settings.ts'
import {loadYamlWriter} from './user-data.ts'

/** @throws InvalidInputError naming the key that is wrong */
export async function cloudInitSettings(vmid: number, values: Readonly<Record<string, string>>, {host}: {readonly host: Pick<Host, 'files'>}): Promise<CloudInitSettings> {
  return readCloudInitSettings(vmid, values, readHostDns(await hostResolvers(host)))
}

/** @throws InvalidInputError, NotFoundError for a snippet that is not there */
export async function cloudInitFiles(vmid: number, values: Readonly<Record<string, string>>, context: StorageContext): Promise<DriveFiles> {
  const settings = await cloudInitSettings(vmid, values, context)
  return driveFiles(settings, await readSnippets(settings, context), await loadYamlWriter())
}

const maxResolvConfBytes = 64 * 1024

async function hostResolvers({files}: Pick<Host, 'files'>): Promise<string> {
  try {
    return (await files.readAt('/etc/resolv.conf', 0, maxResolvConfBytes)).toString('utf8')
  } catch (error) {
    if (error instanceof NotFoundError) return ''
    throw error
  }
}

const maxSnippetBytes = 1024 * 1024

async function readSnippets({custom}: CloudInitSettings, context: StorageContext): Promise<CustomFiles> {
  const found: Partial<Record<CustomPart, Buffer>> = {}
  for (const part of customParts) {
    const volume = custom[part]
    if (volume !== undefined) found[part] = await readSnippet(part, volume, context)
  }
  return found
}

async function readSnippet(part: CustomPart, volume: string, context: StorageContext): Promise<Buffer> {
  const wrong = (reason: string) => new InvalidInputError(`'cicustom': '${volume}' ${reason}`, {[`cicustom.${part}`]: reason})
  const {storage, id} = await openVolume(volume, context)
  if (storage.parseName(id.name).content !== 'snippets') throw wrong('is no snippet')
  if (!storage.traits.defaultContent.includes('snippets')) throw wrong(`is on a storage that is not for snippets: pvesm set ${id.storage} --content …,snippets`)
  const path = storage.path(id)
  const stat = await context.host.files.stat(path)
  if (stat === undefined) throw new NotFoundError(`'cicustom': there is no snippet '${volume}' (${path})`, {data: {volume}})
  if (stat.kind !== 'file') throw wrong('is no plain file')
  if (stat.sizeBytes > maxSnippetBytes) throw wrong(`is larger than ${maxSnippetBytes} bytes`)
  return context.host.files.read(path, maxSnippetBytes)
}
