// The backup of one container as `vzdump` plans it around its type: the configuration locked before, unlocked after, an archive with a name of its own.
import {lxcBackup} from '../../../../../src/lib/guest/lxc/backup/index.ts'
import type {BackupMode, BackupParts, BackupWish} from '../../../../../src/lib/guest/backup/backup-type.ts'
import {formatLxcConfig} from '../../../../../src/lib/guest/lxc/config/index.ts'
import {containerConfigPath, readContainer} from '../../../../../src/lib/guest/lxc/kind.ts'
import {writeKey} from '../../../../../src/lib/guest/pending.ts'
import {spec} from '../../../../../src/lib/guest/lxc/commands/suspend.spec.ts'
import {handleChange, runHandler, storeCommitStep} from '../../../../../src/lib/tasks/index.ts'
import type {Context, Outcome} from '../../../../../src/lib/tasks/index.ts'

export type Wanted = {readonly path: string; readonly mode: BackupMode} & Partial<BackupWish>

export function wishOf({path, ...wish}: Wanted): BackupWish {
  return {archive: {path}, performance: {}, fleecing: undefined, excludePaths: [], stdExcludes: true, temporaryFolder: `${path}.tmp`, stopWaitMinutes: 1, hook: () => [], ...wish}
}

/** Gives what the type said of it. */
export async function backUp(vmid: number, wanted: Wanted, context: Context, options: {readonly dryRun?: boolean} = {}): Promise<{readonly parts: BackupParts; readonly outcome: Outcome}> {
  let parts: BackupParts | undefined
  const handler = handleChange(spec, {
    locks: () => [`guest/${vmid}`],
    plan: async (_params, under) => {
      const guest = await readContainer(vmid, under)
      parts = await lxcBackup.prepare(guest, wishOf(wanted), under)
      const path = containerConfigPath(under.node, vmid)
      const locked = formatLxcConfig(writeKey(guest.config, 'lock', 'backup'))
      return {
        steps: [storeCommitStep([{path, was: guest.file, text: locked}]), ...parts.steps, storeCommitStep([{path, was: {data: locked}, text: guest.file.data}])],
        ...(parts.afterwards === undefined ? {} : {afterwards: parts.afterwards}), whenInterrupted: 'undo',
      }
    },
  })
  const outcome = await runHandler(handler, {vmid}, context, options)
  if (parts === undefined) throw new Error('it was not planned')
  return {parts, outcome}
}
