// A volume among the files to be imported (`local:import/x.qcow2`), or an image within an archive there (`local:import/x.ova/disk.vmdk`), as the
// file, or the piece of one, that it is. What is written in it is looked at by whoever opens it (image-file-source.ts).
import {NotFoundError} from '../../base/index.ts'
import type {CopySource} from '../actions/volume-copy.ts'
import type {ImportFormat} from '../image-file-source.ts'
import {openVolume} from '../open-storage.ts'
import type {StorageContext} from '../open-storage.ts'
import type {Storage, VolumeId} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {ovaImagePart, ovaMember, readOvaMembers} from './ova.ts'

/**
 * The source itself when it is no volume of that kind.
 * @throws NotFoundError when the archive has no such image; as readOvaMembers
 */
export async function fileOfImport(source: CopySource, context: StorageContext): Promise<CopySource> {
  if ('path' in source) return source
  const {storage, id} = await openVolume(source.volume, context)
  const name = storage.parseName(id.name)
  if (name.content !== 'import') return source
  if (!name.format.startsWith('ova+')) return {path: storage.path(id), format: storage.imageName(id).format as ImportFormat}
  const {archive, member} = partsOf(id)
  const path = storage.path({storage: id.storage, name: archive})
  const part = ovaImagePart(ovaMember(await readOvaMembers(context.host, path), member))
  return {path, format: name.format.slice('ova+'.length) as ImportFormat, part}
}

/** @throws NotFoundError when the volume is not there */
export async function importFilePath(storage: Pick<Storage, 'path' | 'exists'>, id: VolumeId): Promise<string> {
  if (!(await storage.exists(id))) throw new NotFoundError(`there is no volume ${formatVolumeId(id)}`, {nextSteps: [`See what is there: pvesm list ${id.storage} --content import`]})
  return storage.path(id)
}

/** `import/x.ova/disk.vmdk`: the archive's own name and that of the image. */
function partsOf({name}: VolumeId): {archive: string; member: string} {
  const slash = name.lastIndexOf('/')
  return {archive: name.slice(0, slash), member: name.slice(slash + 1)}
}
