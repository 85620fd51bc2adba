// pvesm path: pure but for the section of the storage, so it also answers for storages that are disabled or offline; only where a server decides
// where a volume is, it is asked.
import {handleRead} from '../../tasks/index.ts'
import {openConfigured, storageConfig} from '../open-storage.ts'
import {parseVolumeId} from '../volume-id.ts'
import {spec} from './path.spec.ts'

export const handler = handleRead(spec, async ({volume}, context) => {
  const id = parseVolumeId(volume)
  const storage = await openConfigured(await storageConfig(id.storage, context), context)
  await storage.locate?.(id)
  return storage.path(id)
})
