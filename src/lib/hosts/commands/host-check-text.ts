// What `corral host check` found, in words. Pure.
import type {ErrorKind} from '../../base/index.ts'
import type {HostCheck} from '../../host/index.ts'
import {renderBytes} from '../../spec/render.ts'

export type CheckedHost = {readonly name: string; readonly ssh: string} & (HostCheck | {readonly error: string; readonly kind: ErrorKind})

export function checkLines(hosts: readonly CheckedHost[]): string[] {
  return hosts.flatMap((host) => [`${host.name} (${host.ssh})`, ...('error' in host ? [`  not reached: ${host.error}`] : factLines(host))])
}

function factLines(check: HostCheck & {readonly name: string}): string[] {
  const {disk, kvm, missingPackages, problems, settings, storageTools} = check
  return [
    `  system: ${check.system}, Linux ${check.kernel}, ${check.architecture}, ${check.cpus} CPUs, ${renderBytes(check.memoryBytes)}`,
    `  agent: ${check.version} on Node.js ${check.nodeVersion.replace(/^v/, '')}, node ${check.node}, as ${check.user}`,
    `  guests: QEMU ${check.qemu ?? 'is not installed'}, LXC ${check.lxc ?? 'is not installed'}, KVM ${kvm.usable ? 'works' : 'does not work'}, control groups ${check.cgroups}`,
    `  storage: ${renderBytes(disk.availableBytes)} of ${renderBytes(disk.totalBytes)} free below ${disk.path}; ${storageTools.length === 0 ? 'no tools' : storageTools.join(' ')}`,
    ...missingPackages.map(({package: name, neededFor}) => `  missing: ${name}, for ${neededFor} (corral host update ${check.name} --setup)`),
    ...settings.map(({setting, neededFor}) => `  not set: ${setting}, for ${neededFor} (corral host update ${check.name} --setup)`),
    ...problems.map((problem) => `  problem: ${problem}`),
    ...(missingPackages.length + settings.length + problems.length === 0 ? ['  nothing is wrong'] : []),
  ]
}
