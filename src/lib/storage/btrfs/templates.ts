// Bases of clones among raw disks and folders of containers: a subvolume that is read only. A clone is a snapshot of it that is written to, and needs it no more; so its
// name does not hold the base's. Those of qcow2 and VMDK images are dir's.
import {ConflictError, NotFoundError, UnsupportedError} from '../../base/index.ts'
import {baseOf} from '../dir/templates.ts'
import {folderVolumeName} from '../naming.ts'
import type {Volume, VolumeId, VolumeName, VolumeTemplates} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {setReadOnlyArgv, snapshotArgv, syncArgv} from './btrfs-argv.ts'
import type {BtrfsStorage} from './folder.ts'
import {claimSubvolume, parsed, runBtrfs} from './folder.ts'
import {isSubvolumeDisk, subvolumePath} from './layout.ts'

export interface TemplatePlace {
  readonly on: BtrfsStorage
  readonly rename: (from: VolumeId, to: VolumeId) => Promise<void>
  readonly volume: (id: VolumeId) => Promise<Volume>
  readonly makeReady: (vmid: number) => Promise<void>
}

/** Pure: the id that a volume has as a base. @throws UnsupportedError for what is none */
export function baseOfSubvolume(storage: string, id: VolumeId, name: VolumeName): VolumeId {
  if (name.format !== 'subvol' || name.isBase) return baseOf(storage, id, name)
  return {storage, name: folderVolumeName({...name, base: name.base.replace(/^(?:subvol-)?/, name.base.startsWith('subvol-') ? 'basevol-' : `basevol-${name.vmid ?? 0}-`)})}
}

export function btrfsTemplates({on, rename, volume, makeReady}: TemplatePlace): VolumeTemplates {
  const {templates: images} = on.files
  if (images === undefined) throw new UnsupportedError('a folder has bases of clones')
  const isDisk = (id: VolumeId) => isSubvolumeDisk(parsed(on, id))
  const pathOf = (id: VolumeId) => subvolumePath(on.options.layout, parsed(on, id))
  const base = (id: VolumeId) => baseOfSubvolume(on.name, id, parsed(on, id))
  return {
    baseOf: base,
    makeBase: async (id) => {
      if (!isDisk(id)) return images.makeBase(id)
      await rename(id, base(id))
      await runBtrfs(on, setReadOnlyArgv(pathOf(base(id)), true))
      return base(id)
    },
    unmakeBase: async (id) => {
      if (!isDisk(id)) { await images.unmakeBase(id); return }
      if (await on.host.files.stat(pathOf(base(id))) === undefined) return
      await runBtrfs(on, setReadOnlyArgv(pathOf(base(id)), false))
      await rename(base(id), id)
    },
    nextClone: (source, vmid, taken) => isDisk(source) ? on.files.nextName(vmid, parsed(on, source).format === 'subvol' ? 'subvol' : 'raw', taken) : images.nextClone(source, vmid, taken),
    clone: async (source, id) => {
      if (!isDisk(source)) return images.clone(source, id)
      const to = parsed(on, id)
      if (!parsed(on, source).isBase) throw new ConflictError(`${formatVolumeId(source)} is no base: a linked clone needs a volume that is not written any more`)
      if (!isSubvolumeDisk(to) || to.format !== parsed(on, source).format) throw new UnsupportedError(`a clone of ${formatVolumeId(source)} is what that is, not ${to.format}`)
      if (await on.host.files.stat(pathOf(source)) === undefined) throw new NotFoundError(`there is no volume ${formatVolumeId(source)}`)
      await makeReady(to.vmid)
      await claimSubvolume(on, id, snapshotArgv(pathOf(source), pathOf(id), {readOnly: false}))
      await on.host.run(syncArgv(pathOf(id)))
      return volume(id)
    },
  }
}
