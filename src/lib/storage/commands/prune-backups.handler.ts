// pvesm prune-backups: marks the backups of a storage by the rules for keeping them, and removes those that are given up.
import {InvalidInputError} from '../../base/index.ts'
import {handleChange} from '../../tasks/index.ts'
import type {BackupsPrune} from '../actions/backups-prune.ts'
import {openStorage} from '../open-storage.ts'
import {markBackups} from '../prune/prune-marks.ts'
import type {Retention} from '../prune/retention.ts'
import {retentionOf} from '../prune/retention.ts'
import {storageRetention} from '../prune/storage-retention.ts'
import type {StorageConfig} from '../storage.ts'
import {parseVolumeId} from '../volume-id.ts'
import {storageLock} from '../volume-steps.ts'
import {spec} from './prune-backups.spec.ts'

export const handler = handleChange(spec, {
  // Rules that contradict each other are refused before there is a task.
  locks: (params) => {
    retentionOf(params)
    return [storageLock(params.storage)]
  },
  plan: async ({storage: name, vmid, type, ...rules}, context) => {
    const storage = await openStorage(name, context)
    const retention = wantedRetention(rules, storage.config)
    const {defaultContent} = storage.traits
    if (!defaultContent.includes('backup')) {
      throw new InvalidInputError(`storage '${name}' does not hold backups: its content is ${defaultContent.join(',') || 'none'}`, {storage: 'does not hold backups'}, {nextSteps: ['See which do: pvesm status --content backup']})
    }
    const backups = markBackups(await storage.list(['backup'], vmid, (problem) => { context.log.warn(problem) }), retention, {vmid, type})
    const removed = backups.filter(({mark}) => mark === 'remove')
    const prune: BackupsPrune = {kind: 'backups.prune', storage: name, backups, commands: removed.flatMap(({volid}) => storage.commands({remove: parseVolumeId(volid)}))}
    // Nothing is taken back: what was removed before an interruption is what the rules give up, and repeating it goes on.
    return {steps: backups.length === 0 ? [] : [{do: prune}], whenInterrupted: 'undo', result: backups}
  },
})

/** Those of the command, if it has any, even when they are all 0; else those of the storage. */
function wantedRetention(rules: Readonly<Record<string, unknown>>, config: StorageConfig): Retention {
  const isGiven = Object.values(rules).some((value) => value !== undefined)
  return isGiven ? retentionOf(rules) : storageRetention(config) ?? {}
}
