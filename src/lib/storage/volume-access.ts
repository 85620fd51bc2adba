// Whether somebody may use a volume: for a guest of theirs, or by what they may do on the storage and with the guest that owns it.
import type {UserConfig} from '../access/index.ts'
import {parseUserConfig, privilegesAt, rootUser} from '../access/index.ts'
import {ForbiddenError, InvalidInputError} from '../base/index.ts'
import type {Context} from '../tasks/index.ts'
import {storageConfig} from './open-storage.ts'
import {loadStoragePlugin} from './plugins.ts'
import type {Content, VolumeName} from './storage.ts'
import {parseVolumeId} from './volume-id.ts'

export interface VolumeUse {
  readonly user: string
  /** As it was given: a volume id, or the path of a file. */
  readonly volume: string
  /** The guest in whose name it is used. */
  readonly vmid?: number | undefined
  /** What it is to be. */
  readonly content?: Content | undefined
}

/** The volume that is meant; undefined for a path. */
export interface MeantVolume { readonly storage: string; readonly name: VolumeName }

/**
 * Pure. Disks of virtual machines and of containers lie in the same place and count as one kind.
 * @throws InvalidInputError when it is of another kind than it is to be; ForbiddenError saying what is missing
 */
export function checkVolumeUse({user, volume, vmid, content}: VolumeUse, meant: MeantVolume | undefined, config: UserConfig, nowMs: number): void {
  const lacking = (what: string) => new ForbiddenError(`${user} may not use ${volume}: ${what}`)
  if (meant === undefined) {
    if (user === rootUser) return
    throw lacking('only root@pam may name a file by its path')
  }
  const {storage, name} = meant
  if (content !== undefined && kindOf(content) !== kindOf(name.content)) throw new InvalidInputError(`${volume} is of content type ${name.content}, not ${content}`, {volume: `must be of content type ${content}`})
  const has = (path: string, privilege: string) => privilegesAt(config, user, path, nowMs).has(privilege)
  const place = `/storage/${storage}`
  if (has(place, 'Datastore.Allocate')) return
  const needs = (path: string, ...anyOf: readonly string[]): void => {
    if (!anyOf.some((privilege) => has(path, privilege))) throw lacking(`it needs ${anyOf.join(' or ')} on ${path}`)
  }
  switch (name.content) {
    case 'iso':
    case 'vztmpl':
    case 'import':
      // They are everybody's who may see what is on the storage.
      needs(place, 'Datastore.AllocateSpace', 'Datastore.Audit')
      return
    case 'backup':
      if (isOwn(name, vmid)) return
      if (name.vmid === undefined) break
      needs(place, 'Datastore.AllocateSpace')
      needs(`/vms/${name.vmid}`, 'VM.Backup')
      return
    case 'images':
    case 'rootdir':
      if (isOwn(name, vmid)) return
      if (name.vmid === undefined) break
      needs(place, 'Datastore.Audit')
      needs(`/vms/${name.vmid}`, 'VM.Config.Disk')
      return
    case 'snippets':
  }
  throw lacking(`it needs Datastore.Allocate on ${place}`)
}

/**
 * Pure. Whether somebody who may use a volume may delete it as well: backups also who makes those of its guest, all else who owns the storage.
 * @throws ForbiddenError saying what is missing, and as checkVolumeUse
 */
export function checkVolumeRemoval(use: VolumeUse, meant: MeantVolume | undefined, config: UserConfig, nowMs: number): void {
  checkVolumeUse(use, meant, config, nowMs)
  if (meant === undefined || meant.name.content === 'backup' && meant.name.vmid !== undefined) return
  const place = `/storage/${meant.storage}`
  if (privilegesAt(config, use.user, place, nowMs).has('Datastore.Allocate')) return
  throw new ForbiddenError(`${use.user} may not delete ${use.volume}: it needs Datastore.Allocate on ${place}`)
}

type Asking = Pick<Context, 'caller' | 'clock' | 'places' | 'store'>

/**
 * For the caller of a command.
 * @throws as checkVolumeUse, and NotFoundError when there is no such storage
 */
export async function checkCallerMayUse(use: Omit<VolumeUse, 'user'>, context: Asking): Promise<void> {
  const {user, config} = await whoAsks(context)
  checkVolumeUse({...use, user}, await meantVolume(use.volume, context), config, context.clock.now())
}

/** @throws as checkVolumeRemoval */
export async function checkCallerMayRemove(volume: string, context: Asking): Promise<void> {
  const {user, config} = await whoAsks(context)
  checkVolumeRemoval({user, volume}, await meantVolume(volume, context), config, context.clock.now())
}

/** Whether the caller may do everything on a storage. */
export async function mayAllocate(storage: string, context: Asking): Promise<boolean> {
  const {user, config} = await whoAsks(context)
  return privilegesAt(config, user, `/storage/${storage}`, context.clock.now()).has('Datastore.Allocate')
}

/** Until there are users, who is root on the machine is root@pam. */
async function whoAsks({caller, store}: Asking): Promise<{readonly user: string; readonly config: UserConfig}> {
  return {user: caller.isRoot ? rootUser : caller.user, config: parseUserConfig((await store.read('user.cfg'))?.data ?? '')}
}

/** @throws InvalidInputError, NotFoundError */
export async function meantVolume(volume: string, context: Pick<Context, 'places' | 'store'>): Promise<MeantVolume | undefined> {
  if (volume.startsWith('/')) return undefined
  const id = parseVolumeId(volume)
  const plugin = await loadStoragePlugin((await storageConfig(id.storage, context)).type)
  return {storage: id.storage, name: plugin.parseName(id.name)}
}

function kindOf(content: Content): Content {
  return content === 'rootdir' ? 'images' : content
}

function isOwn({vmid: owner}: VolumeName, vmid: number | undefined): boolean {
  return owner !== undefined && owner === vmid
}
