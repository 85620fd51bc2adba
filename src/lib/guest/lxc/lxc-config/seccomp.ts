// The filter of system calls of a container: LXC's own, and for unprivileged ones keyctl besides, which answers as if the kernel did not have it, because what
// systemd does with it fails there otherwise. The feature `keyctl` leaves it alone. Pure.
import {isFeatureOn} from './security.ts'

const notImplemented = 38

/**
 * The text of a filter of the container's own; undefined where LXC's serves.
 * @param common LXC's own (/usr/share/lxc/config/common.seccomp), of version 2
 */
export function seccompText(values: Readonly<Record<string, string>>, isUnprivileged: boolean, common: string | undefined): string | undefined {
  if (common === undefined || !isUnprivileged || isFeatureOn(values, 'keyctl') || !/^2\n/.test(common)) return undefined
  return `${common.trimEnd()}\nkeyctl errno ${notImplemented}\n`
}
