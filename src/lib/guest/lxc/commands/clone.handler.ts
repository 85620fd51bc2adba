// Makes a container from another one. The VMID is claimed first, with the whole configuration and `lock: create`; a source that runs is taken as of one moment;
// then the new volumes are made, and the storages are free again for others; then the volumes are filled; then the lock goes. Interrupted or failed, all of
// it is taken back. The source is only looked at, so that others may clone it at the same time.
import {ConflictError, InvalidInputError, UnsupportedError} from '../../../base/index.ts'
import type {ParamsOf} from '../../../spec/index.ts'
import {storageLock} from '../../../storage/index.ts'
import {handleChange, sharedLock, storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import type {ConfigSection, GuestConfig} from '../../guest-config.ts'
import {claimVmid, guestLockName, isYes} from '../../guest-files.ts'
import type {GuestFile} from '../../guest-files.ts'
import {fileWithPoolMember} from '../../pools.ts'
import {cloneConfig} from '../clone/clone-config.ts'
import {planCloneVolumes, storagesOfClone} from '../clone/clone-volumes.ts'
import type {CloneVolumes} from '../clone/clone-volumes.ts'
import {momentName, momentSteps} from '../clone/moment.ts'
import {formatLxcConfig, idMapOf} from '../config/index.ts'
import {assertUnlocked, containerConfigPath, readContainer} from '../kind.ts'
import {monitorOf} from '../runtime/status.ts'
import {existingSnapshot} from '../snapshots/sections.ts'
import {releasing} from '../volumes/move.ts'
import {spec} from './clone.spec.ts'

type CloneParams = ParamsOf<typeof spec>

export const handler = handleChange(spec, {
  locks: async (params, context) => {
    const {vmid, newid} = params
    if (newid === vmid) throw new InvalidInputError('the clone needs another number than its source', {newid: 'is the number of the source'})
    refuseOtherNode(params.target, context)
    // Nobody should wait for the lock of a busy guest only to hear that the VMID is taken.
    await claimVmid(newid, 'lxc', context)
    const wanted = await volumesWanted(params, await readContainer(vmid, context), context)
    return [
      guestLockName(newid), sharedLock(guestLockName(vmid)),
      // Two clones that freeze one container would let it go on beneath each other.
      ...(wanted.snapshot === momentName(newid) ? [`${guestLockName(vmid)}/copy`] : []),
      ...storagesOfClone(wanted).map(storageLock),
    ]
  },
  lockTimeoutMs: 24 * 3600_000,
  plan: planClone,
})

async function planClone(params: CloneParams, context: Context): Promise<Plan> {
  const {vmid, newid, pool} = params
  const source = await readContainer(vmid, context)
  assertUnlocked(source, undefined, context.caller)
  const claim = await claimVmid(newid, 'lxc', context)
  const claims = [claim, ...(pool === undefined ? [] : [await fileWithPoolMember(pool, newid, context.store)])]
  const wanted = await volumesWanted(params, source, context)
  const moment = wanted.snapshot === momentName(newid) ? await momentSteps(source, momentName(newid), context) : {take: [], drop: []}
  const volumes = await planCloneVolumes(wanted, context)
  const cloned = await cloneConfig(sourceSection(source, params.snapname), params, context.store)
  const section: ConfigSection = {...cloned, values: {...cloned.values, ...volumes.values}}
  const path = containerConfigPath(context.node, newid)
  const [reserved, text] = [configText({...section, values: {lock: 'create', ...section.values}}), configText(section)]
  return {
    steps: [
      storeCommitStep([...claims, {path, was: undefined, text: reserved}]),
      ...moment.take, ...releasing(volumes.create, storagesOfClone(wanted).map(storageLock)), ...volumes.fill, ...moment.drop,
      ...(section.values['rootfs'] === undefined || section.values['ostype'] === 'unmanaged' ? [] : [{do: {kind: 'lxc.renew', vmid: newid, section}}]),
      storeCommitStep([{path, was: {data: reserved}, text}]),
    ],
    whenInterrupted: 'undo',
  }
}

function configText(current: ConfigSection): string {
  const config: GuestConfig = {current, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}
  return formatLxcConfig(config)
}

/** @throws NotFoundError, ConflictError, InvalidInputError, UnsupportedError for what does not go together */
async function volumesWanted(params: CloneParams, source: GuestFile, context: Context): Promise<CloneVolumes> {
  const {vmid, newid, snapname, storage, bwlimit, full} = params
  const isTemplate = isYes(source.config.current.values['template'])
  const isFull = full ?? !isTemplate
  if (!isFull) refuseForLinked(params, isTemplate)
  const section = sourceSection(source, snapname)
  const isRunning = snapname === undefined && await monitorOf(vmid, context) !== undefined
  return {sourceVmid: vmid, vmid: newid, map: idMapOf(section), values: section.values, snapshot: isRunning ? momentName(newid) : snapname, isFull, storage, bandwidthKib: bwlimit}
}

/** A linked clone has its volumes where its base is, and nothing is copied. */
function refuseForLinked({vmid, snapname, storage}: CloneParams, isTemplate: boolean): void {
  if (!isTemplate) {
    throw new ConflictError(`container ${vmid} is no template, so it can only be cloned in full`, {
      nextSteps: ['Leave out --full 0', `Or make it a template first: pct template ${vmid}`], data: {vmid},
    })
  }
  if (snapname !== undefined) throw new UnsupportedError('a linked clone cannot be made from a snapshot', {nextSteps: ['Add --full']})
  if (storage !== undefined) throw new InvalidInputError("'storage' is for full clones: the volumes of a linked clone lie beside their base", {storage: 'needs --full'}, {nextSteps: ['Add --full']})
}

/** What is cloned: what is in force, or a snapshot. Its description is the container's, not that of the snapshot. @throws NotFoundError */
function sourceSection({vmid, config}: GuestFile, snapname: string | undefined): ConfigSection {
  if (snapname === undefined) return config.current
  const {values, raw} = existingSnapshot(config, vmid, snapname)
  const {description} = config.current
  return {values, ...(description === undefined ? {} : {description}), ...(raw === undefined ? {} : {raw})}
}

/** @throws UnsupportedError for another node */
function refuseOtherNode(target: string | undefined, {node}: Context): void {
  if (target === undefined || target === node) return
  throw new UnsupportedError(`the clone cannot be made on '${target}': it would have to share its storages and its configurations with '${node}', which hosts do not do yet`, {
    nextSteps: ['Leave out --target, and the clone is made on the host of its source.'],
  })
}
