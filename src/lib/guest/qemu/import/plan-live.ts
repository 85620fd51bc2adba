// The plan of a machine that runs at once on new disks and reads what they lack from elsewhere: an image that it is imported from, or a backup.
import {UnsupportedError} from '../../../base/index.ts'
import {describePlan, storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan, Step} from '../../../tasks/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {fillArgv, imageNode} from '../block-jobs/index.ts'
import type {EndServing, FinishImport, ImportingDisk, ServeBackup} from '../block-jobs/index.ts'
import {planCloudInitWrite} from '../cloud-init/plan-write.ts'
import {formatQemuConfig} from '../config/index.ts'
import {guestConfigPath} from '../guest-files.ts'
import {writeKey} from '../pending.ts'
import {planLaunch} from '../runtime/plan-launch.ts'

export interface LiveWish {
  readonly vmid: number
  readonly config: GuestConfig
  readonly importing: readonly ImportingDisk[]
  /** No limit when 0. */
  readonly bandwidthKib: number
  /** The volume id of the backup that they lie in. */
  readonly backup?: string
  /** What was asked for, for messages. */
  readonly option: 'live-import' | 'live-restore'
  /** The steps up to a configuration with this text. */
  readonly reserve: (text: string) => readonly Step[]
}

/**
 * Until the machine runs all of it is undone, as with any import. From then on it may have written to its disks: they are filled to the end, whatever
 * becomes of the machine and of us, and the configuration stays locked until they are.
 */
export async function planLive({vmid, config, importing, bandwidthKib, backup, option, reserve}: LiveWish, context: Context): Promise<Plan> {
  if (config.current.values['hugepages'] !== undefined) {
    throw new UnsupportedError(`'${option}' of a machine with 'hugepages' is not available: the lock for them would be held until everything is copied`, {nextSteps: ['Leave out --hugepages, and set them before the next start.']})
  }
  // What would keep the rest from being copied without the machine is found before it runs.
  for (const {volume, source} of importing) fillArgv(volume, source)
  const below = Object.fromEntries(importing.map(({key, source}) => [key, imageNode(source)]))
  const {values} = config.current
  const cloudInit = await planCloudInitWrite(vmid, values, {isRunning: false, isNew: true}, context)
  const launch = await planLaunch({vmid, section: config.current, forcedCpu: undefined, timeoutSeconds: undefined, below}, context)
  const locked = formatQemuConfig(writeKey(config, 'lock', 'create'))
  const unlocked = storeCommitStep([{path: guestConfigPath(context.node, vmid), was: {data: locked}, text: formatQemuConfig(config)}])
  const finish: FinishImport = {
    kind: 'qemu.finish-import', vmid, disks: importing, ...(backup === undefined ? {} : {backup}), ...(bandwidthKib === 0 ? {} : {bandwidthKib}),
    changes: await describePlan({steps: [unlocked], whenInterrupted: 'undo'}, context),
  }
  return {
    steps: [...reserve(locked), ...cloudInit.map((action) => ({do: action})), ...(backup === undefined ? [] : [servingStep(vmid, backup)]), ...launch.steps],
    afterwards: [...launch.afterwards, finish], afterwardsKeepReleased: true, whenInterrupted: 'undo',
  }
}

function servingStep(vmid: number, backup: string): Step {
  const serve: ServeBackup = {kind: 'qemu.serve-backup', vmid, backup}
  const end: EndServing = {kind: 'qemu.end-serving', vmid}
  return {do: serve, undo: end}
}
