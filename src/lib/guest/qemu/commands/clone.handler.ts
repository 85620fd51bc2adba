// Makes a virtual machine from another one. The VMID is claimed first, with the whole configuration and `lock: clone`; then the new volumes are
// made, and the storages are free again for others; then the volumes are filled; then the lock goes. Interrupted or failed, all of it is
// taken back. The source is only looked at, so that others may clone it at the same time.
import {ConflictError, InvalidInputError, NotFoundError, UnsupportedError} from '../../../base/index.ts'
import {storageLock} from '../../../storage/index.ts'
import {handleChange, sharedLock, storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan, Step} from '../../../tasks/index.ts'
import type {ParamsOf} from '../../../spec/index.ts'
import type {ConfigSection, GuestConfig} from '../../guest-config.ts'
import {fileWithPoolMember} from '../../pools.ts'
import {cloneConfig} from '../clone/clone-config.ts'
import {isCopiedLive, planCloneDrives, storagesOfClone} from '../clone/clone-drives.ts'
import type {CloneDrives} from '../clone/clone-drives.ts'
import {valueSources} from '../config-values.ts'
import {formatQemuConfig} from '../config/index.ts'
import {assertUnlocked, claimVmid, guestConfigPath, guestLockName, isYes, readGuest} from '../guest-files.ts'
import type {GuestFile} from '../guest-files.ts'
import {runtimeStatus} from '../runtime/status.ts'
import {spec} from './clone.spec.ts'

/**
 * A running machine is copied for one clone at a time, because QEMU copies a disk once at a time. The others wait as long as that takes, which
 * is why they have no limit of their own to speak of: the log says what they wait for, and they can be cancelled.
 */
function copyLockName(vmid: number): string {
  return `${guestLockName(vmid)}/copy`
}

type CloneParams = ParamsOf<typeof spec>

export const handler = handleChange(spec, {
  locks: async (params, context) => {
    const {vmid, newid} = params
    if (newid === vmid) throw new InvalidInputError('the clone needs another number than its source', {newid: 'is the number of the source'})
    refuseOtherNode(params.target, context)
    // Nobody should wait for the lock of a busy guest only to hear that the VMID is taken.
    await claimVmid(newid, 'qemu', context)
    const wanted = await drivesWanted(params, await readGuest(vmid, context), context)
    return [
      guestLockName(newid), sharedLock(guestLockName(vmid)), ...(isCopiedLive(wanted) ? [copyLockName(vmid)] : []),
      ...storagesOfClone(wanted).map(storageLock),
    ]
  },
  lockTimeoutMs: 24 * 3600_000,
  plan: planClone,
})

async function planClone(params: CloneParams, context: Context): Promise<Plan> {
  const {vmid, newid, pool} = params
  const source = await readGuest(vmid, context)
  assertUnlocked(source, undefined, context.caller)
  const claim = await claimVmid(newid, 'qemu', context)
  const claims = [claim, ...(pool === undefined ? [] : [await fileWithPoolMember(pool, newid, context.store)])]
  const wanted = await drivesWanted(params, source, context)
  const drives = await planCloneDrives(wanted, context)
  const {values, description} = await cloneConfig(vmid, sourceSection(source, params.snapname), params, valueSources(context.store))
  const config = (more: Readonly<Record<string, string>>): string => formatQemuConfig({
    ...emptyConfig, current: {values: {...more, ...values, ...drives.values}, ...(description === undefined ? {} : {description})},
  })
  const path = guestConfigPath(context.node, newid)
  const [reserved, text] = [config({lock: 'clone'}), config({})]
  const steps = [
    storeCommitStep([...claims, {path, was: undefined, text: reserved}]),
    ...releasingAfter(drives.create, storagesOfClone(wanted).map(storageLock)), ...drives.copy,
    storeCommitStep([{path, was: {data: reserved}, text}]),
  ]
  return {steps: drives.create.length === 0 ? [storeCommitStep([...claims, {path, was: undefined, text}])] : steps, whenInterrupted: 'undo'}
}

const emptyConfig: GuestConfig = {current: {values: {}}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}

/** The names of the new volumes are taken with the last of these steps; nobody has to wait for what fills them. */
function releasingAfter(create: readonly Step[], locks: readonly string[]): Step[] {
  return create.map((step, index) => (index === create.length - 1 ? {...step, thenRelease: locks} : step))
}

/** @throws NotFoundError, ConflictError, InvalidInputError, UnsupportedError for what does not go together */
async function drivesWanted(params: CloneParams, source: GuestFile, context: Context): Promise<CloneDrives> {
  const {vmid, newid, snapname, storage, format, bwlimit, full} = params
  const isTemplate = isYes(source.config.current.values['template'])
  const isFull = full ?? !isTemplate
  if (!isFull) refuseForLinked(params, isTemplate)
  const isRunning = await runtimeStatus(vmid, context) !== undefined
  return {
    sourceVmid: vmid, vmid: newid, values: sourceSection(source, snapname).values, snapshot: snapname, isFull, isRunning,
    storage, format, bandwidthKib: bwlimit,
  }
}

/** A linked clone has its disks where its base is, and nothing is copied. */
function refuseForLinked({vmid, snapname, storage, format}: CloneParams, isTemplate: boolean): void {
  if (!isTemplate) {
    throw new ConflictError(`virtual machine ${vmid} is no template, so it can only be cloned in full`, {
      nextSteps: ['Leave out --full 0', `Or make it a template first: qm template ${vmid}`], data: {vmid},
    })
  }
  if (snapname !== undefined) throw new UnsupportedError('a linked clone cannot be made from a snapshot', {nextSteps: ['Add --full']})
  const fields = {...(storage === undefined ? {} : {storage: 'needs --full'}), ...(format === undefined ? {} : {format: 'needs --full'})}
  const [first] = Object.keys(fields)
  if (first !== undefined) throw new InvalidInputError(`'${first}' is for full clones: the disks of a linked clone lie beside their base`, fields, {nextSteps: ['Add --full']})
}

/** What is cloned: what is in force, or a snapshot. Its description is the machine's, not that of the snapshot. @throws NotFoundError */
function sourceSection({vmid, config}: GuestFile, snapname: string | undefined): ConfigSection {
  if (snapname === undefined) return config.current
  const snapshot = config.snapshots[snapname]
  if (snapshot === undefined) {
    throw new NotFoundError(`virtual machine ${vmid} has no snapshot '${snapname}'`, {nextSteps: [`See which there are: qm listsnapshot ${vmid}`], data: {vmid}})
  }
  const {description} = config.current
  return {values: snapshot.values, ...(description === undefined ? {} : {description})}
}

/** @throws UnsupportedError for another node */
function refuseOtherNode(target: string | undefined, {node}: Context): void {
  if (target === undefined || target === node) return
  throw new UnsupportedError(`the clone cannot be made on '${target}': it would have to share its storages and its configurations with '${node}', which hosts do not do yet`, {
    nextSteps: ['Leave out --target, and the clone is made on the host of its source.'],
  })
}
