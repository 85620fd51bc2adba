// The control group of a guest, on a host without systemd: found, made, filled and removed. With version 2 the controller `cpu` is switched on
// on the way; with the hybrid layout (version 2 mounted without controllers) version 1 is used.
import {createHash} from 'node:crypto'
import type {Places} from '../../../base/index.ts'
import {AppError, UnavailableError} from '../../../base/index.ts'
import type {Host, ProcessId} from '../../../host/index.ts'
import {longestMountTable, parseGroupMounts} from '../../control-groups/mounts.ts'
import {groupValues} from './cpu-time.ts'
import type {CpuTime, GroupVersion} from './cpu-time.ts'

export interface GroupContext { readonly host: Pick<Host, 'files'>; readonly places: Places }

export interface ControlGroups { readonly version: GroupVersion; readonly root: string }

const slice = 'corral.slice'
const mountTable = '/proc/self/mountinfo'

/** systemd owns the control groups where it is process 1 (sd_booted(3)). */
export async function hasSystemd({files}: Pick<Host, 'files'>): Promise<boolean> {
  return (await files.stat('/run/systemd/system'))?.kind === 'directory'
}

/** The name of a guest's group. Other installations on the host may have a guest of that number. */
export function groupName(vmid: number, places: Places): string {
  return places.root === undefined ? String(vmid) : `${vmid}-${createHash('sha256').update(places.runDir).digest('hex').slice(0, 8)}`
}

/**
 * Where the controller `cpu` is.
 * @throws UnavailableError when it is nowhere
 */
export async function findControlGroups({files}: Pick<Host, 'files'>): Promise<ControlGroups> {
  const mounts = parseGroupMounts(await files.readText(mountTable, longestMountTable))
  if (mounts.v2 !== undefined && await files.stat(`${mounts.v2.path}/cgroup.controllers`) !== undefined) {
    const controllers = (await files.readText(`${mounts.v2.path}/cgroup.controllers`)).trim().split(/\s+/)
    if (controllers.includes('cpu')) return {version: 2, root: mounts.v2.path}
  }
  if (mounts.v1['cpu'] !== undefined) return {version: 1, root: mounts.v1['cpu'].path}
  throw new UnavailableError("processor time cannot be shared out: the kernel's controller 'cpu' is in no control group that is mounted", {
    data: {keys: ['cpulimit', 'cpuunits']},
    nextSteps: ['Mount the control groups: mount -t cgroup2 cgroup2 /sys/fs/cgroup', 'Or do without: qm set VMID --delete cpulimit,cpuunits'],
  })
}

/** Makes the guest's group, sets its values and moves the process with all of its threads into it. Right to be done again. */
export async function limitCpuTime(vmid: number, process: ProcessId, time: CpuTime, {host, places}: GroupContext): Promise<void> {
  const {files} = host
  const {version, root} = await findControlGroups(host)
  const parent = `${root}/${slice}`
  const group = `${parent}/${groupName(vmid, places)}.scope`
  if (version === 2) await files.writeInPlace(`${root}/cgroup.subtree_control`, '+cpu')
  await files.makeDirectory(parent)
  if (version === 2) await files.writeInPlace(`${parent}/cgroup.subtree_control`, '+cpu')
  await files.makeDirectory(group)
  for (const [file, value] of groupValues(time, version)) await files.writeInPlace(`${group}/${file}`, value)
  await files.writeInPlace(`${group}/cgroup.procs`, String(process.pid))
}

/** Removes what limitCpuTime made, once the guest has ended; nothing where there is none. */
export async function removeCpuGroup(vmid: number, {host, places}: GroupContext): Promise<void> {
  const {files} = host
  const mounts = parseGroupMounts(await readIfThere(mountTable, host))
  for (const mount of [mounts.v1['cpu'], mounts.v2]) {
    if (mount === undefined) continue
    const group = `${mount.path}/${slice}/${groupName(vmid, places)}.scope`
    if (await files.stat(group) !== undefined) await removeWhenEmpty(group, host)
  }
}

/** A group stays busy for a moment after its last process has ended; one that is not ours to remove is left. */
async function removeWhenEmpty(group: string, {files}: Pick<Host, 'files'>): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      await files.remove(group)
      return
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      await new Promise(resolve => { setTimeout(resolve, 10) })
    }
  }
}

async function readIfThere(path: string, {files}: Pick<Host, 'files'>): Promise<string> {
  return await files.stat(path) === undefined ? '' : files.readText(path, longestMountTable)
}
