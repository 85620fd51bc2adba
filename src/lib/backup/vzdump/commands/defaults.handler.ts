// corral backup defaults.
import {storageConfig} from '../../../storage/index.ts'
import {storageRetention} from '../../../storage/archive/index.ts'
import {handleRead} from '../../../tasks/index.ts'
import {backupParams} from '../backup-params.ts'
import {readVzdumpConf} from '../vzdump-conf.ts'
import {spec} from './defaults.spec.ts'

export const handler = handleRead(spec, async ({storage}, context) => {
  const plain = Object.fromEntries(Object.entries(backupParams).flatMap(([name, schema]) => ('default' in schema ? [[name, schema.default]] : [])))
  const conf = await readVzdumpConf(context.places, context.host)
  const rules = storage === undefined ? undefined : storageRetention(await storageConfig(storage, context))
  const kept = Object.entries(rules ?? {}).map(([rule, count]) => `${rule}=${count}`).join(',')
  // The storage's rules count more than those of vzdump.conf.
  const {maxfiles, ...own} = conf
  const prune = rules !== undefined ? (kept === '' ? 'keep-all=1' : kept) : own['prune-backups'] ?? (maxfiles === undefined ? 'keep-all=1' : `keep-last=${maxfiles}`)
  return {...plain, ...own, 'prune-backups': prune}
})
