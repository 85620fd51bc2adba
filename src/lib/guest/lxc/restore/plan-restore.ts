// A container from a backup, as a new one or in the place of one that exists. New volumes are made and filled; then one commit puts the configuration into
// force; only then do the volumes of a container that was there go. Before that commit everything is taken back, after it everything is finished.
import {ConflictError, InvalidInputError} from '../../../base/index.ts'
import {storageLock} from '../../../storage/index.ts'
import type {Action, Context, Plan} from '../../../tasks/index.ts'
import {storeCommitStep} from '../../../tasks/index.ts'
import type {ParamsOf} from '../../../spec/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {claimVmid, findGuest, guestLockName, isYes} from '../../guest-files.ts'
import type {GuestFile} from '../../guest-files.ts'
import {locksOfVolumes, ownVolumes} from '../../own-volumes.ts'
import {fileWithPoolMember} from '../../pools.ts'
import {assertDistinctPaths} from '../change-config.ts'
import type {spec} from '../commands/create.spec.ts'
import {formatLxcConfig, idMapOf, isMountKey, isUnusedKey, referencedVolumes} from '../config/index.ts'
import {gatherHostFacts} from '../facts/host-facts.ts'
import {requireSubordinateIds} from '../facts/subordinate-ids.ts'
import {assertUnlocked, assertUnprotected, containerConfigPath, readContainer} from '../kind.ts'
import {monitorOf} from '../runtime/status.ts'
import {archiveFile, standardInput} from '../templates/archive-source.ts'
import {assertMaySet, splitOptions, storedValues, warnOfKeysThatWait} from '../values.ts'
import {planVolumes, storagesOfNewVolumes} from '../volumes.ts'
import type {PlannedVolumes} from '../volumes.ts'
import {archivedMounts, containerInArchive} from './archived-container.ts'
import {restoredBases} from './restored-bases.ts'
import {restoredSection} from './restored-config.ts'
import {restoreBandwidth} from './restore-bandwidth.ts'

type RestoreParams = ParamsOf<typeof spec>

const reserved = 'lock: create\n'
const defaultStorage = 'local'

/** Those of the container, of the storages of new volumes, and of the volumes that go. */
export async function restoreLocks(params: RestoreParams, context: Context): Promise<string[]> {
  const old = await replaced(params, context)
  const own = volumesGiven(params)
  const storages = Object.keys(own).length === 0 ? [params.storage ?? defaultStorage] : storagesOfNewVolumes(own)
  const freed = old === undefined ? [] : await locksOfVolumes(referencedVolumes(old.config), false, context)
  return [...new Set([guestLockName(params.vmid), ...storages.map(storageLock), ...freed])]
}

export async function planRestore(params: RestoreParams, context: Context): Promise<Plan> {
  const {vmid, ostemplate, start} = params
  const old = await replaced(params, context)
  const claims = old === undefined ? [await claimVmid(vmid, 'lxc', context)] : []
  for (const name of ['password', 'ssh-public-keys'] as const) {
    if (params[name] !== undefined) throw new InvalidInputError(`'${name}' is for new containers; what is restored keeps its own`, {[name]: 'cannot be given to a restored container'}, {nextSteps: [`Change it once the container runs: pct exec ${vmid} -- passwd`]})
  }
  const wanted = await wantedContainer(params, context)
  const map = idMapOf(wanted.section)
  await Promise.all([gatherHostFacts(context.host), requireSubordinateIds(map, context.host)])
  const planned = await planVolumes({vmid, map, wanted: wanted.volumes, exactBytes: wanted.exactBytes, ...(old === undefined ? {} : {config: old.config})}, context)
  const section = {...wanted.section, values: {hostname: `CT${vmid}`, memory: '512', swap: '512', arch: 'amd64', ...wanted.section.values, ...planned.values} as Record<string, string>}
  assertDistinctPaths(section.values)
  warnOfKeysThatWait(section.values, map.length > 0, context.log)

  const bases = isYes(section.values['template']) ? await restoredBases(vmid, planned.values, context) : undefined
  if (bases === undefined) delete section.values['template']
  else if (start === true) throw new InvalidInputError('the backup is of a template, which cannot be started', {start: 'is for containers that are no templates'})

  const path = containerConfigPath(context.node, vmid)
  const pool = params.pool === undefined ? [] : [await fileWithPoolMember(params.pool, vmid, context.store)]
  const before = old?.file.data ?? reserved
  const firewallBefore = await context.store.read(`firewall/${vmid}.fw`)
  const fill = {
    kind: 'lxc.fill', vmid, path, reserved: before, text: formatLxcConfig({current: section, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}),
    archive: ostemplate, mounted: Object.keys(planned.newSizes), roomBytes: planned.newSizes, ignoreErrors: params['ignore-unpack-errors'] === true,
    bytesPerSecond: await restoreBandwidth(Object.values(planned.values), params.bwlimit, context), isRestored: true,
    ...(wanted.firewall === undefined ? {} : {firewall: wanted.firewall}), ...(bases === undefined ? {} : {bases: bases.names}),
    ...(ostemplate === standardInput ? {merge: {given: wanted.given, isUnique: params.unique === true}} : {}),
  }
  const unfill = {kind: 'lxc.unfill', vmid, reserved: before, firewall: firewallBefore?.data ?? null}
  const first = [...claims, ...(old === undefined ? [{path, was: undefined, text: reserved}] : []), ...pool]
  return {
    steps: [
      ...(first.length === 0 ? [] : [storeCommitStep(first)]), ...releasedAfter(planned, params), {do: fill, undo: unfill}, ...bases?.steps ?? [],
      ...(start === true ? [{do: {kind: 'lxc.start-task', vmid}}] : []),
    ],
    ...(old === undefined ? {} : {afterwards: await freedVolumes(old, context)}),
    whenInterrupted: 'undo',
  }
}

/** Once the new volumes have their names, nobody else has to wait for hours of unpacking. */
function releasedAfter({steps}: PlannedVolumes, params: RestoreParams): Plan['steps'] {
  const own = volumesGiven(params)
  const storages = Object.keys(own).length === 0 ? [params.storage ?? defaultStorage] : storagesOfNewVolumes(own)
  return steps.map((step, index) => index === steps.length - 1 ? {...step, thenRelease: storages.map(storageLock)} : step)
}

/** The container that is there and may be replaced. @throws ConflictError, ForbiddenError when it may not */
async function replaced({vmid, force}: RestoreParams, context: Context): Promise<GuestFile | undefined> {
  const existing = await findGuest(vmid, context.store)
  if (existing === undefined || existing.type !== 'lxc' || existing.node !== context.node) return undefined
  if (force !== true) throw new ConflictError(`container ${vmid} exists already`, {data: {vmid}, nextSteps: [`Restore in its place: --force`, 'Or take another VMID.']})
  const guest = await readContainer(vmid, context)
  assertUnlocked(guest, false, context.caller)
  assertUnprotected(guest, 'it is not replaced')
  if (await monitorOf(vmid, context) !== undefined) throw new ConflictError(`container ${vmid} is running`, {nextSteps: [`Stop it first: pct stop ${vmid}`], data: {vmid}})
  return guest
}

interface WantedContainer {
  readonly section: ConfigSection
  /** What was given, as it is stored. */
  readonly given: Readonly<Record<string, string>>
  /** Volumes by key, as planVolumes takes them. */
  readonly volumes: Readonly<Record<string, string>>
  readonly exactBytes: Readonly<Record<string, number>>
  readonly firewall?: string
}

async function wantedContainer(params: RestoreParams, context: Context): Promise<WantedContainer> {
  const {vmid, ostemplate, unique, unprivileged, storage = defaultStorage} = params
  const given = await storedValues(splitOptions(params).others, {}, context.store)
  assertMaySet(given, context.caller)
  const own = volumesGiven(params)
  if (Object.keys(own).length > 0 && own['rootfs'] === undefined) throw new InvalidInputError('with a mount point, the root file system has to be given as well', {rootfs: 'has to be given'}, {nextSteps: [`Say what to make: --rootfs ${storage}:8`]})
  if (ostemplate === standardInput) {
    if (own['rootfs'] === undefined) throw new InvalidInputError('the root file system has to be given for an archive on standard input', {rootfs: 'has to be given'}, {nextSteps: [`Say what to make: --rootfs ${storage}:8`]})
    return {section: {values: {...given, ...(unprivileged === false ? {} : {unprivileged: '1'})}}, given, volumes: own, exactBytes: {}}
  }
  const file = await archiveFile(ostemplate, context)
  const archived = await containerInArchive(file, context)
  context.log.info(`restoring container ${vmid} from ${file.name}`)
  const mounts = Object.keys(own).length === 0 ? archivedMounts(archived, storage) : {volumes: own, exactBytes: {}, others: {}, warnings: []}
  for (const warning of mounts.warnings) context.log.warn(warning)
  const section = await restoredSection({given, archived, isUnique: unique === true, others: mounts.others, ...(unprivileged === undefined ? {} : {isUnprivileged: unprivileged})}, context)
  return {section, given, volumes: mounts.volumes, exactBytes: mounts.exactBytes, ...(archived.firewall === undefined ? {} : {firewall: archived.firewall})}
}

/** A bare number is a size on the storage that is meant. */
function volumesGiven(params: RestoreParams): Record<string, string> {
  const {volumes} = splitOptions(params)
  const unused = Object.keys(volumes).find(isUnusedKey)
  if (unused !== undefined) throw new InvalidInputError(`'${unused}' cannot be given to a new container, which has no volumes yet`, {[unused]: 'is for existing containers'})
  return Object.fromEntries(Object.entries(volumes).filter(([key]) => isMountKey(key)).map(([key, text]) => [key, /^\d+(?:\.\d+)?$/.test(text) ? `${params.storage ?? defaultStorage}:${text}` : text]))
}

/** @throws ConflictError when something stands on one of them, before anything is done */
async function freedVolumes(old: GuestFile, context: Context): Promise<Action[]> {
  const volumes = await ownVolumes(old.vmid, referencedVolumes(old.config), false, context)
  for (const {storage, id} of volumes) if (await storage.exists(id)) await storage.checkRemovable(id)
  return volumes.map(({storage, id}) => ({kind: 'lxc.free-volume', vmid: old.vmid, volume: `${id.storage}:${id.name}`, commands: storage.commands({remove: id})}))
}
