// corral backup list: the backups on every storage that holds some and is for this host.
import {AppError, errorChain} from '../../../base/index.ts'
import {formatVolumeId, openStorage, readStorageConfig} from '../../../storage/index.ts'
import type {Volume} from '../../../storage/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {spec} from './list.spec.ts'

export const handler = handleRead(spec, async ({vmid, storage: wanted}, context) => {
  const names = wanted === undefined ? Object.values(await readStorageConfig(context.store, context.places)).filter(mayHoldBackups(context.node)).map(({storage}) => storage) : [wanted]
  const lists = await Promise.all(names.map(async (name): Promise<Volume[]> => {
    try {
      const storage = await openStorage(name, context)
      return wanted !== undefined || storage.traits.defaultContent.includes('backup') ? await storage.list(['backup'], vmid, (problem) => { context.log.warn(problem) }) : []
    } catch (error) {
      if (wanted !== undefined || !(error instanceof AppError) || error.kind === 'cancelled') throw error
      context.log.warn(`storage '${name}' is left out: ${errorChain(error).join(': ')}`)
      return []
    }
  }))
  return lists.flat().map(rowOf).sort((a, b) => (b.ctime ?? 0) - (a.ctime ?? 0) || (a.volid < b.volid ? -1 : 1))
})

/** Where a section says nothing of its content, its type does. */
function mayHoldBackups(node: string) {
  return ({content, disable, nodes}: Readonly<Record<string, unknown>>): boolean => {
    const list = (text: unknown) => typeof text === 'string' ? text.split(/[,; ]+/).filter((word) => word !== '') : []
    return (content === undefined || list(content).includes('backup')) && disable !== true && (list(nodes).length === 0 || list(nodes).includes(node))
  }
}

function rowOf({id, vmid, guestType, createdAtMs, sizeBytes, notes, isProtected}: Volume) {
  return {
    volid: formatVolumeId(id), size: sizeBytes, protected: isProtected === true,
    ...(vmid === undefined ? {} : {vmid}), ...(guestType === undefined ? {} : {type: guestType}),
    ...(createdAtMs === undefined ? {} : {ctime: Math.trunc(createdAtMs / 1000)}), ...(notes === undefined || notes === '' ? {} : {notes}),
  }
}
