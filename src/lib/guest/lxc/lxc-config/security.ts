// What a container may do: AppArmor, capabilities, devices. Pure.
import {featuresFormat} from '../config/general.ts'
import type {HostFacts} from '../facts/host-facts.ts'
import {readProperties} from '../../read-properties.ts'
import type {LxcLine} from './build-lxc-config.ts'

export function securityLines(values: Readonly<Record<string, string>>, {isUnprivileged, host}: {readonly isUnprivileged: boolean; readonly host: HostFacts}): LxcLine[] {
  const features = values['features'] === undefined ? {} : readProperties('features', values['features'], featuresFormat)
  return [
    ...appArmor(host, features.nesting === true),
    ...(features.nesting === true ? [['lxc.mount.entry', 'proc dev/.lxc/proc proc create=dir,optional 0 0'] as const, ['lxc.mount.entry', 'sys dev/.lxc/sys sysfs create=dir,optional 0 0'] as const] : []),
    ...(features.fuse === true ? [['lxc.mount.entry', '/dev/fuse dev/fuse none bind,create=file 0 0'] as const] : []),
    // Reading and writing the host's settings below /sys is for privileged containers no more than for others.
    ...(isUnprivileged && features.force_rw_sys !== true ? [['lxc.mount.auto', 'sys:mixed'] as const] : []),
  ]
}

function appArmor({hasAppArmor}: HostFacts, isNesting: boolean): LxcLine[] {
  if (!hasAppArmor) return [['lxc.apparmor.profile', 'unconfined']]
  return [['lxc.apparmor.profile', 'generated'], ...(isNesting ? [['lxc.apparmor.allow_nesting', '1'] as const] : [])]
}
