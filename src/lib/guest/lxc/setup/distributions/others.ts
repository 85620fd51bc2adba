// Alpine, Arch Linux, Gentoo and NixOS.
import type {Distribution} from '../setup.ts'
import {busyboxInittab} from '../concerns/busybox-inittab.ts'
import {ifupdown} from '../concerns/ifupdown.ts'
import {networkd} from '../concerns/networkd.ts'
import {openRcHostName, openRcInittab, openRcNetwork} from '../concerns/openrc.ts'
import {securetty} from '../concerns/securetty.ts'
import {isAtLeast, releaseInFile, releaseOfSystem} from '../release.ts'
import {bySystemd, common, commonWhenNew, gettys, nothing} from './steps.ts'

export const alpine: Distribution = {
  release: releaseInFile('etc/alpine-release'),
  always: [...common, ifupdown((release) => isAtLeast(release, '3.13')), busyboxInittab],
  whenNew: commonWhenNew,
}

export const archlinux: Distribution = {release: releaseOfSystem, always: [...common, networkd, securetty, gettys], whenNew: commonWhenNew}

export const gentoo: Distribution = {
  release: releaseOfSystem,
  always: [...common, securetty, openRcHostName, bySystemd(networkd, openRcNetwork), bySystemd(nothing, openRcInittab), gettys],
  whenNew: commonWhenNew,
}

/** What stands in /etc comes from the container's own configuration; the host name and networkd's files are left for the host to write. */
export const nixos: Distribution = {release: releaseOfSystem, always: [...common, networkd], whenNew: commonWhenNew}
