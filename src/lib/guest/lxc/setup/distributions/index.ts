// The distributions that are set up, by the word of `ostype`. Each is data: which concerns it has, and how its releases differ.
import type {Distribution} from '../setup.ts'
import {debian, devuan, ubuntu} from './debian.ts'
import {alpine, archlinux, gentoo, nixos} from './others.ts'
import {centos, fedora} from './red-hat.ts'
import {opensuse} from './suse.ts'

const distributions: Readonly<Record<string, Distribution>> = {alpine, archlinux, centos, debian, devuan, fedora, gentoo, nixos, opensuse, ubuntu}

/** undefined for `unmanaged`, and for what is not known. */
export function distributionOf(ostype: string): Distribution | undefined {
  return Object.hasOwn(distributions, ostype) ? distributions[ostype] : undefined
}
