// A volume group on a host: lvm2 is run here and its answers and complaints become values and errors. It knows nothing of guests.
import {ConflictError, NotFoundError, ToolError, UnavailableError} from '../../base/index.ts'
import type {Clock} from '../../base/index.ts'
import type {Host, RunOptions} from '../../host/index.ts'
import {createArgv, extendArgv, groupArgv, listArgv} from './lvm-argv.ts'
import type {LvmOptions} from './options.ts'
import type {LogicalVolume, VolumeGroup} from './report.ts'
import {parseLogicalVolumes, parseVolumeGroup} from './report.ts'

/** lvm2 waits for its own lock on the group, which another command may hold for long. */
const timeoutMs = 10 * 60_000
/** A look that takes longer means that a disk does not answer. */
const lookTimeoutMs = 20_000
/** A group with some ten thousand volumes. */
const maxReportBytes = 16 * 1024 * 1024

/** Descriptors that our caller left open are no concern of lvm2's, which would complain of them. */
const env = {LVM_SUPPRESS_FD_WARNINGS: '1'}

export interface GroupOnHost { readonly host: Host; readonly storage: string; readonly group: string }

/** The group as a storage. */
export interface LvmStorage extends GroupOnHost { readonly clock: Clock; readonly options: LvmOptions }

/** @throws UnavailableError when the group is not there or lvm2 is not installed, NotFoundError when the volume is not there */
export async function runLvm({host, storage, group}: GroupOnHost, argv: readonly string[], options: RunOptions = {}): Promise<string> {
  try {
    return (await host.run(argv, {timeoutMs, env, ...options})).stdout
  } catch (error) {
    if (error instanceof NotFoundError) {
      throw new UnavailableError(`storage '${storage}' cannot be used: ${argv[0] ?? 'lvm2'} is not installed`, {cause: error, nextSteps: ['apt-get install lvm2']})
    }
    if (error instanceof UnavailableError) throw new UnavailableError(`storage '${storage}' does not answer: lvm2 hangs, and with it a disk of the host`, {cause: error, nextSteps: ['Look for disks that hang: journalctl -k; multipath -ll', 'Look for who keeps the lock of lvm2: ps -ef | grep -w lvm']})
    if (!(error instanceof ToolError)) throw error
    const {stderr} = error.failure
    if (/Volume group "[^"\n]{1,128}" not found|Cannot process volume group/.test(stderr)) {
      throw new UnavailableError(`storage '${storage}' is not there: the host has no volume group '${group}'`, {
        cause: error, nextSteps: ['See which there are: vgs', `Make it: vgcreate ${group} /dev/…`],
      })
    }
    if (/device-mapper is available in the kernel|Required device-mapper target/.test(stderr)) {
      throw new UnavailableError(`storage '${storage}' cannot be used: the host's kernel has no device mapper`, {cause: error, nextSteps: ['modprobe dm-mod']})
    }
    if (/Failed to find logical volume/.test(stderr)) throw new NotFoundError(`the volume group '${group}' of storage '${storage}' has no such volume`, {cause: error})
    throw error
  }
}

/** All volumes of the group, or the one asked for; none when there is no such volume. */
export async function logicalVolumes(on: GroupOnHost, name?: string): Promise<LogicalVolume[]> {
  const argv = listArgv(on.group, name)
  try {
    return parseLogicalVolumes(await runLvm(on, argv, {timeoutMs: lookTimeoutMs, maxOutputBytes: maxReportBytes}), {host: on.host.name, argv})
  } catch (error) {
    if (error instanceof NotFoundError) return []
    throw error
  }
}

/** @throws UnavailableError when the group is not there */
export async function volumeGroup(on: GroupOnHost): Promise<VolumeGroup> {
  const argv = groupArgv(on.group)
  const found = parseVolumeGroup(await runLvm(on, argv, {timeoutMs: lookTimeoutMs}), {host: on.host.name, argv})
  if (found === undefined) throw new UnavailableError(`storage '${on.storage}' is not there: the host has no volume group '${on.group}'`)
  return found
}

/**
 * @throws ConflictError when the name is taken, and then nothing was touched; UnavailableError when the space does not suffice
 */
export async function createLogicalVolume(on: GroupOnHost, want: {readonly name: string; readonly vmid: number; readonly sizeBytes: number; readonly tags?: readonly string[]}): Promise<void> {
  try {
    // A new volume is in nobody's use, so that killing lvcreate harms nobody; a survivor would make it again after the undo.
    await runLvm(on, createArgv(on.group, want.name, want.vmid, want.sizeBytes, want.tags), {diesWithUs: true})
  } catch (error) {
    throw creationError(on, want.name, error)
  }
}

/**
 * Not killed with us, unlike a creation: lvextend suspends the device of a running guest for a moment, and would leave it so.
 * @throws UnavailableError when the space does not suffice
 */
export async function extendLogicalVolume(on: GroupOnHost, name: string, sizeBytes: number): Promise<void> {
  try {
    await runLvm(on, extendArgv(on.group, name, sizeBytes))
  } catch (error) {
    throw creationError(on, name, error)
  }
}

function creationError({storage, group}: GroupOnHost, name: string, error: unknown): unknown {
  if (!(error instanceof ToolError)) return error
  if (/already exists in volume group/.test(error.failure.stderr)) return new ConflictError(`there is a logical volume ${group}/${name} already`, {cause: error})
  if (/insufficient free space|Insufficient free space|insufficient suitable/i.test(error.failure.stderr)) {
    return new UnavailableError(`storage '${storage}' has not enough space`, {
      cause: error, nextSteps: [`See what takes the space: pvesm list ${storage}; vgs ${group}`, `Give the group another disk: vgextend ${group} /dev/…`],
    })
  }
  return error
}
