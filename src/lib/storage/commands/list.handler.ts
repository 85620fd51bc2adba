// pvesm list: the volumes of one storage. Whether a guest's volume is a disk of a virtual machine or of a container follows from the guest.
import type {Context} from '../../tasks/index.ts'
import {handleRead} from '../../tasks/index.ts'
import {readContentList} from '../content.ts'
import {containerNumbers} from '../guest-volumes.ts'
import {listVolumes} from '../list-volumes.ts'
import {openStorage} from '../open-storage.ts'
import type {Volume} from '../storage.ts'
import {formatVolumeId} from '../volume-id.ts'
import {spec} from './list.spec.ts'
import {listLines} from './list-text.ts'

export interface ListRow {
  volid: string
  content: string
  format: string
  size: number
  used?: number
  vmid?: number
  ctime?: number
  subtype?: string
  parent?: string
  notes?: string
  protected?: 0 | 1
}

export const handler = handleRead(spec, async ({storage: name, content, vmid}, context: Context) => {
  const storage = await openStorage(name, context)
  const contents = content === undefined ? storage.traits.content : readContentList(content, name)
  const volumes = await listVolumes(storage, contents, await containerNumbers(context.store), vmid, (problem) => { context.log.warn(problem) })
  return volumes.map(rowOf).sort((a, b) => a.volid < b.volid ? -1 : 1)
}, listLines)

export function rowOf(volume: Volume): ListRow {
  const {id, content, format, sizeBytes, usedBytes, vmid, guestType, createdAtMs, backing, notes, isProtected} = volume
  return {
    volid: formatVolumeId(id), content, format, size: sizeBytes,
    ...(usedBytes === undefined ? {} : {used: usedBytes}), ...(vmid === undefined ? {} : {vmid}),
    ...(guestType === undefined ? {} : {subtype: guestType}),
    ...(createdAtMs === undefined ? {} : {ctime: Math.trunc(createdAtMs / 1000)}), ...(backing === undefined ? {} : {parent: backing}),
    ...(notes === undefined ? {} : {notes}), ...(isProtected === true ? {protected: 1 as const} : {}),
  }
}
