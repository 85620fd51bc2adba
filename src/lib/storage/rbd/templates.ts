// Bases of linked clones: an image `base-…` with a protected snapshot `__base__`, which clones read from. Both are Proxmox VE's.
import {ConflictError, NotFoundError} from '../../base/index.ts'
import {flatBaseOf} from '../flat-naming.ts'
import type {Volume, VolumeId, VolumeTemplates} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {parseRbdName} from './naming.ts'
import type {PoolOnHost} from './pool.ts'
import {change, exitCodes, findImage} from './pool.ts'
import {baseSnapshot, cloneArgv, snapshotArgv} from './rbd-argv.ts'

export interface TemplatePlace {
  readonly on: PoolOnHost
  readonly nameOf: (id: VolumeId) => string
  readonly volume: (id: VolumeId) => Promise<Volume>
  readonly rename: (from: VolumeId, to: VolumeId) => Promise<void>
  readonly nextName: (vmid: number, taken: readonly string[]) => Promise<VolumeId>
  readonly checkNoClones: (id: VolumeId) => Promise<void>
}

export function rbdTemplates({on, nameOf, volume, rename, nextName, checkNoClones}: TemplatePlace): VolumeTemplates {
  const baseOf = (id: VolumeId) => flatBaseOf(id, parseRbdName(id.name))
  const snapshot = (what: 'create' | 'protect' | 'unprotect' | 'remove', id: VolumeId, okExitCodes: number[]) =>
    change(on, snapshotArgv(on, what, nameOf(id), baseSnapshot), {okExitCodes: [0, ...okExitCodes]})
  return {
    baseOf,
    makeBase: async (id) => {
      const base = baseOf(id)
      await rename(id, base)
      await snapshot('create', base, [exitCodes.exists])
      // One that is protected already answers that it is busy.
      await snapshot('protect', base, [exitCodes.busy])
      return base
    },
    unmakeBase: async (id) => {
      const base = baseOf(id)
      if (await findImage(on, nameOf(base)) === undefined) return
      await checkNoClones(base)
      await snapshot('unprotect', base, [exitCodes.notFound, exitCodes.notValid])
      await snapshot('remove', base, [exitCodes.notFound])
      await rename(base, id)
    },
    nextClone: async (base, vmid, taken) => {
      const {storage, name} = await nextName(vmid, taken)
      return {storage, name: `${nameOf(base)}/${name}`}
    },
    clone: async (base, id) => {
      const parent = parseRbdName(base.name)
      if (!parent.isBase) throw new ConflictError(`${formatVolumeId(base)} is no base: a linked clone needs a volume that is not written any more`)
      const {exitCode} = await change(on, cloneArgv(on, parent.base, nameOf(id)), {diesWithUs: true, okExitCodes: [0, exitCodes.exists, exitCodes.notFound]})
      if (exitCode === exitCodes.exists) throw new ConflictError(`there is a volume ${formatVolumeId(id)} already`)
      if (exitCode === exitCodes.notFound) throw new NotFoundError(`there is no volume ${formatVolumeId(base)}`)
      return volume(id)
    },
  }
}
