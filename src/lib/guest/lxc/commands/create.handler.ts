// Creates a container. The VMID is claimed first, with a configuration that says `lock: create`; then the volumes are made; then the root file system is
// filled and the whole configuration takes its place. Interrupted or failed, all of it is taken back.
import {InvalidInputError} from '../../../base/index.ts'
import {storageLock} from '../../../storage/index.ts'
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import type {Context, Plan} from '../../../tasks/index.ts'
import type {ParamsOf} from '../../../spec/index.ts'
import type {GuestConfig} from '../../guest-config.ts'
import {claimVmid, guestLockName} from '../../guest-files.ts'
import {hookScriptPath} from '../../hooks/hook-script.ts'
import {hashedPassword, newSalt} from '../../password-hash.ts'
import {fileWithPoolMember} from '../../pools.ts'
import {assertDistinctPaths} from '../change-config.ts'
import {formatLxcConfig, idMapOf} from '../config/index.ts'
import {gatherHostFacts} from '../facts/host-facts.ts'
import {requireSubordinateIds} from '../facts/subordinate-ids.ts'
import {containerConfigPath} from '../kind.ts'
import {planRestore, restoreLocks} from '../restore/plan-restore.ts'
import {restoreBandwidth} from '../restore/restore-bandwidth.ts'
import {archiveFile, standardInput} from '../templates/archive-source.ts'
import type {ArchiveFile} from '../templates/archive-source.ts'
import type {ImageFill} from '../templates/oci/apply-image.ts'
import type {ImageValues} from '../templates/oci/image-values.ts'
import {assertMaySet, splitOptions, storedValues, warnOfKeysThatWait} from '../values.ts'
import {planVolumes, storagesOfNewVolumes} from '../volumes.ts'
import {spec} from './create.spec.ts'

type CreateParams = ParamsOf<typeof spec>

const reserved = 'lock: create\n'
const defaultSizeGib = 4

export const handler = handleChange(spec, {
  locks: async (params, context) => {
    if (params.restore === true) return restoreLocks(params, context)
    // Nobody should wait for the lock of a busy guest only to hear that the VMID is taken.
    await claimVmid(params.vmid, 'lxc', context)
    return [guestLockName(params.vmid), ...storagesOfNewVolumes(volumesWanted(params)).map(storageLock)]
  },
  lockTimeoutMs: 60_000,
  plan: (params, context) => params.restore === true ? planRestore(params, context) : planCreate(params, context),
})

function volumesWanted(params: CreateParams): Record<string, string> {
  const {volumes} = splitOptions(params)
  const storage = params.storage ?? 'local'
  const given = Object.entries(volumes).map(([key, text]) => [key, /^\d+(?:\.\d+)?$/.test(text) ? `${storage}:${text}` : text] as const)
  return {rootfs: `${storage}:${defaultSizeGib}`, ...Object.fromEntries(given)}
}

async function planCreate(params: CreateParams, context: Context): Promise<Plan> {
  const {vmid, ostemplate, start} = params
  const claim = await claimVmid(vmid, 'lxc', context)
  const wanted = volumesWanted(params)
  const unused = Object.keys(wanted).find((key) => key.startsWith('unused'))
  if (unused !== undefined) throw new InvalidInputError(`'${unused}' cannot be given to a new container, which has no volumes yet`, {[unused]: 'is for existing containers'})
  const given = await storedValues(splitOptions(params).others, {}, context.store)
  assertMaySet(given, context.caller)
  if (given['hookscript'] !== undefined) await hookScriptPath(given['hookscript'], context)
  const values = {arch: 'amd64', hostname: `CT${vmid}`, memory: '512', swap: '512', unprivileged: '1', ...given}
  if (values.unprivileged === '0') delete (values as Record<string, string>)['unprivileged']
  const map = idMapOf({values})
  warnOfKeysThatWait(given, map.length > 0, context.log)
  await Promise.all([gatherHostFacts(context.host), requireSubordinateIds(map, context.host)])
  const image = ostemplate === standardInput ? undefined : await imageOf(vmid, await archiveFile(ostemplate, context), values.arch, context)

  const planned = await planVolumes({vmid, map, wanted}, context)
  const {description, ...others} = {...image?.values, ...values, ...planned.values} as Record<string, string>
  assertDistinctPaths(others)
  const raw = image === undefined || image.raw.length === 0 ? {} : {raw: image.raw}
  const config: GuestConfig = {current: {values: others, ...raw, ...(description === undefined ? {} : {description})}, pending: {}, pendingDelete: {}, snapshots: {}, special: {}}
  const path = containerConfigPath(context.node, vmid)
  const claims = [claim, ...(params.pool === undefined ? [] : [await fileWithPoolMember(params.pool, vmid, context.store)])]
  const fill = {
    kind: 'lxc.fill', vmid, path, reserved, text: formatLxcConfig(config), archive: ostemplate, mounted: Object.keys(planned.newSizes),
    roomBytes: planned.newSizes, ignoreErrors: params['ignore-unpack-errors'] === true, bytesPerSecond: await restoreBandwidth(Object.values(planned.values), params.bwlimit, context), isRestored: false,
    ...(image === undefined ? {} : {image: image.fill}),
    ...(params.password === undefined ? {} : {passwordHash: hashedPassword(params.password, newSalt())}),
    ...(params['ssh-public-keys'] === undefined ? {} : {sshKeys: checkedKeys(params['ssh-public-keys'])}),
  }
  return {
    steps: [
      storeCommitStep([...claims, {path, was: undefined, text: reserved}]), ...planned.steps, {do: fill, undo: {kind: 'lxc.unfill', vmid, reserved, ...(image !== undefined && 'plainPath' in image.fill ? {plainPath: image.fill.plainPath} : {})}},
      ...(start === true ? [{do: {kind: 'lxc.start-task', vmid}}] : []),
    ],
    whenInterrupted: 'undo',
  }
}

const imageArchitectures: Readonly<Record<string, string>> = {i386: '386', armhf: 'arm'}

/** What an image for containers says, as far as it can be known before it is opened; undefined for an archive of a root file system. */
async function imageOf(vmid: number, {path}: ArchiveFile, arch: string, context: Context): Promise<(Pick<ImageValues, 'values' | 'raw'> & {readonly fill: ImageFill}) | undefined> {
  // What is kept in a repository is a backup.
  if (path === undefined) return undefined
  const architecture = imageArchitectures[arch] ?? arch
  const {isCompressedImage, plainPathOf} = await import('../templates/oci/compressed-image.ts')
  if (await isCompressedImage(path, context)) return {values: {}, raw: [], fill: {plainPath: plainPathOf(vmid, context), architecture}}
  const {imageIn} = await import('../templates/oci/image-archive.ts')
  const image = await imageIn(path, architecture, context.host)
  if (image === undefined) return undefined
  const {imageValues} = await import('../templates/oci/image-values.ts')
  const found = imageValues(image.config)
  for (const warning of found.warnings) context.log.warn(warning)
  return {...found, fill: {layers: image.layers, ...(image.config.user === undefined ? {} : {user: image.config.user})}}
}

/** @throws InvalidInputError for a line that is no key */
function checkedKeys(text: string): string {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  const wrong = lines.find((line) => !line.startsWith('#') && !/^(?:\S{1,200} )?(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]{1,60} [A-Za-z0-9+/=]{1,16384}(?: [^\p{Cc}]{0,400})?$/u.test(line))
  if (wrong !== undefined) throw new InvalidInputError(`a line of the file with public keys is none: '${wrong.slice(0, 40)}'`, {'ssh-public-keys': 'has a line that is no public key'})
  return lines.join('\n')
}
