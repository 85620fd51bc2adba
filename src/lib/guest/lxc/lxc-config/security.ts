// What a container may do: AppArmor, capabilities, devices. Pure.
import {featuresFormat} from '../config/general.ts'
import type {HostFacts} from '../facts/host-facts.ts'
import {readProperties} from '../../read-properties.ts'
import type {LxcLine} from './build-lxc-config.ts'

export interface SecurityFacts {
  readonly isUnprivileged: boolean
  readonly host: HostFacts
  /** The container's own filter of system calls, where it has one. */
  readonly seccompPath: string | undefined
}

export function securityLines(values: Readonly<Record<string, string>>, {isUnprivileged, host, seccompPath}: SecurityFacts): LxcLine[] {
  const features = featuresOf(values)
  return [
    ...appArmor(host, features),
    ...(seccompPath === undefined ? [] : [['lxc.seccomp.profile', seccompPath] as const]),
    ...(features.nesting === true ? [['lxc.mount.entry', 'proc dev/.lxc/proc proc create=dir,optional 0 0'] as const, ['lxc.mount.entry', 'sys dev/.lxc/sys sysfs create=dir,optional 0 0'] as const] : []),
    ...(features.fuse === true ? [['lxc.mount.entry', '/dev/fuse dev/fuse none bind,create=file 0 0'] as const] : []),
    // Reading and writing the host's settings below /sys is for privileged containers no more than for others.
    ...(isUnprivileged && features.force_rw_sys !== true ? [['lxc.mount.auto', 'sys:mixed'] as const] : []),
  ]
}

function featuresOf(values: Readonly<Record<string, string>>) {
  return values['features'] === undefined ? {} : readProperties('features', values['features'], featuresFormat)
}

export function isFeatureOn(values: Readonly<Record<string, string>>, name: Exclude<keyof typeof featuresFormat, 'mount'>): boolean {
  return featuresOf(values)[name] === true
}

/** Where AppArmor does not confine, nothing but the kernel's own rules stands in the way of mounting. */
function appArmor({hasAppArmor}: HostFacts, features: ReturnType<typeof featuresOf>): LxcLine[] {
  if (!hasAppArmor) return [['lxc.apparmor.profile', 'unconfined']]
  const kinds = [...(features.mount ?? '').split(/[; ]+/).filter((kind) => /^\w{1,32}$/.test(kind)), ...(features.fuse === true ? ['fuse'] : [])]
  return [
    ['lxc.apparmor.profile', 'generated'], ...(features.nesting === true ? [['lxc.apparmor.allow_nesting', '1'] as const] : []),
    ...kinds.map((kind) => ['lxc.apparmor.raw', `mount fstype=${kind},`] as const),
  ]
}
