// Bases of linked clones on a folder storage: an image that is not written any more (base-900-disk-0.raw), and qcow2 images that read from it
// what was not written to them. Names and layout are Proxmox VE's.
import {ConflictError, NotFoundError, UnsupportedError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {folderVolumeName} from '../naming.ts'
import type {Volume, VolumeId, VolumeName, VolumeTemplates} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {checkBacking} from './backing.ts'
import {createCloneImage} from './image-file.ts'

export interface TemplatePlace {
  readonly host: Host
  readonly storage: string
  readonly imagesFolder: string
  readonly parsed: (id: VolumeId) => VolumeName
  readonly pathOf: (id: VolumeId) => string
  readonly nextName: (vmid: number, taken: readonly string[]) => Promise<VolumeId>
  readonly rename: (from: VolumeId, to: VolumeId) => Promise<void>
  readonly checkNoClones: (id: VolumeId) => Promise<void>
  readonly volume: (id: VolumeId) => Promise<Volume>
  readonly makeReady: (vmid: number) => Promise<void>
}

/** Nobody writes to a base by mistake; QEMU opens those of clones for reading only. */
export const baseMode = '0444'
const diskMode = '0600'

/** Pure: the id that a disk has as a base. @throws UnsupportedError for what is no disk */
export function baseOf(storage: string, id: VolumeId, name: VolumeName): VolumeId {
  if (name.isBase) return id
  if (name.content !== 'images' || name.format === 'subvol' || name.vmid === undefined) throw new UnsupportedError(`${formatVolumeId(id)} is no disk that could be the base of clones`)
  const base = name.base.startsWith('vm-') ? name.base.replace(/^vm-/, 'base-') : `base-${name.vmid}-${name.base}`
  const parent = name.parent === undefined ? '' : `${name.parent}/`
  return {storage, name: `${parent}${folderVolumeName({...name, base})}`}
}

/** Pure. */
export function chmodArgv(mode: string, path: string): string[] {
  return ['chmod', mode, '--', path]
}

/** Pure: the base as its clones name it, from the folder of a guest. */
export function relativeBase(name: VolumeName): string {
  return `../${folderVolumeName(name)}`
}

export function folderTemplates(place: TemplatePlace): VolumeTemplates {
  const {host, storage, parsed, pathOf} = place
  const base = (id: VolumeId) => baseOf(storage, id, parsed(id))
  const chmod = (id: VolumeId, mode: string) => host.run(chmodArgv(mode, pathOf(id)))
  return {
    baseOf: base,
    makeBase: async (id) => {
      await place.rename(id, base(id))
      await chmod(base(id), baseMode)
      return base(id)
    },
    unmakeBase: async (id) => {
      if (await host.files.stat(pathOf(base(id))) === undefined) return
      await place.checkNoClones(base(id))
      await chmod(base(id), diskMode)
      await place.rename(base(id), id)
    },
    nextClone: async (source, vmid, taken) => {
      const {name} = await place.nextName(vmid, taken)
      return {storage, name: `${folderVolumeName(parsed(source))}/${name}`}
    },
    clone: async (source, id) => {
      const [from, to] = [parsed(source), parsed(id)]
      if (!from.isBase) throw new ConflictError(`${formatVolumeId(source)} is no base: a linked clone needs a volume that is not written any more`)
      if (to.format !== 'qcow2' || to.vmid === undefined) throw new UnsupportedError(`a linked clone is a qcow2 image, not ${to.format}`)
      if (await host.files.stat(pathOf(source)) === undefined) throw new NotFoundError(`there is no volume ${formatVolumeId(source)}`)
      if (from.format === 'qcow2' || from.format === 'vmdk') await checkBacking(host, pathOf(source), from.format, place.imagesFolder)
      await place.makeReady(to.vmid)
      await createCloneImage(host, storage, pathOf(id), {path: relativeBase(from), format: from.format})
      return place.volume(id)
    },
  }
}
