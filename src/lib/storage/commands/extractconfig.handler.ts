// pvesm extractconfig: the configuration in a backup, on storages that are folders.
import {InvalidInputError} from '../../base/index.ts'
import {handleRead} from '../../tasks/index.ts'
import {archivedConfig} from '../archive/archived-config.ts'
import {openVolume} from '../open-storage.ts'
import {checkCallerMayUse} from '../volume-access.ts'
import {spec} from './extractconfig.spec.ts'

export const handler = handleRead(spec, async ({volume}, context) => {
  const {storage, id} = await openVolume(volume, context)
  const {content} = storage.parseName(id.name)
  if (content !== 'backup') throw new InvalidInputError(`${volume} is no backup, but of content type ${content}`, {volume: 'is no backup'}, {nextSteps: [`See which there are: pvesm list ${id.storage} --content backup`]})
  await checkCallerMayUse({volume, content: 'backup'}, context)
  if (storage.repository !== undefined) return (await import('../repository/find-backup.ts')).keptConfig(volume, context)
  return archivedConfig(await storage.attach(id), context)
}, (text) => text.trimEnd().split('\n'))
