// What LXC's configuration depends on, of this host.
import {AppError, UnavailableError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'

export interface HostFacts {
  /** AppArmor confines programs on this host. */
  readonly hasAppArmor: boolean
  /** Control groups of version 2 hold the controllers (not only beside version 1). */
  readonly isUnifiedCgroup: boolean
  /** Version 1 of the control groups limits swap space as well. */
  readonly countsSwap: boolean
  /** LXC's own filter of system calls; undefined where it is not installed. */
  readonly seccomp: string | undefined
  /** The file of LXC's own settings that hold for all containers; absent where it is not installed whole. */
  readonly commonConfig: string
  readonly usernsConfig: string
}

const configDir = '/usr/share/lxc/config'

/** @throws UnavailableError when LXC is not installed */
export async function gatherHostFacts(host: Host): Promise<HostFacts> {
  const [apparmor, controllers, seccomp, memsw, common] = await Promise.all([
    textOf(host, '/sys/module/apparmor/parameters/enabled'), textOf(host, '/sys/fs/cgroup/cgroup.controllers'), textOf(host, `${configDir}/common.seccomp`),
    host.files.stat('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes'), host.files.stat(`${configDir}/common.conf`),
  ])
  if (common === undefined) throw new UnavailableError('LXC is not installed on this host', {nextSteps: ['apt-get install lxc uidmap lxcfs']})
  return {
    hasAppArmor: apparmor?.trim() === 'Y', isUnifiedCgroup: controllers !== undefined, countsSwap: memsw !== undefined, seccomp,
    commonConfig: `${configDir}/common.conf`, usernsConfig: `${configDir}/userns.conf`,
  }
}

async function textOf(host: Host, path: string): Promise<string | undefined> {
  try {
    return await host.files.readText(path, 4096)
  } catch (error) {
    if (error instanceof AppError && error.kind !== 'internal') return undefined
    throw error
  }
}
