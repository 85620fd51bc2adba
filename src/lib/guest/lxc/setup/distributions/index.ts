// The distributions that are set up, by the word of `ostype`. Each is data: which concerns it has, and how its releases differ.
import type {Distribution} from '../setup.ts'
import {authorizedKeys, rootPassword} from '../concerns/access.ts'
import {resolvConf} from '../concerns/dns.ts'
import {hostName, hosts} from '../concerns/host-name.ts'
import {ifupdown} from '../concerns/ifupdown.ts'
import {inittab} from '../concerns/inittab.ts'

const common = [hostName, hosts, resolvConf]
const whenNew = [rootPassword, authorizedKeys]

/** `12.4` is at least `12`. */
function isAtLeast(release: string, least: string): boolean {
  const [a, b] = [release, least].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0))
  for (let index = 0; index < (b?.length ?? 0); index++) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

const debian: Distribution = {always: [...common, ifupdown((release) => isAtLeast(release, '12')), inittab((release) => isAtLeast(release, '7') ? '--noclear' : '-L')], whenNew}
const devuan: Distribution = {always: [...common, ifupdown((release) => isAtLeast(release, '5')), inittab(() => '--noclear')], whenNew}
const alpine: Distribution = {always: [...common, ifupdown((release) => isAtLeast(release, '3.13'))], whenNew}
/** Their network is not set up yet: they are started with what their template has. */
const others: Distribution = {always: common, whenNew}

/** The file with the release, in each. */
export const releaseFiles: Readonly<Record<string, string>> = {debian: 'etc/debian_version', devuan: 'etc/devuan_version', alpine: 'etc/alpine-release'}

/** undefined for `unmanaged`, and for what is not known. */
export function distributionOf(ostype: string): Distribution | undefined {
  switch (ostype) {
    case 'debian': return debian
    case 'devuan': return devuan
    case 'alpine': return alpine
    case 'ubuntu':
    case 'centos':
    case 'fedora':
    case 'opensuse':
    case 'archlinux':
    case 'gentoo':
    case 'nixos': return others
    default: return undefined
  }
}
