// Where an image is: its name in the pool, for QEMU and for the kernel. Pure.
import type {FlatNaming} from '../flat-naming.ts'
import {parseFlatName} from '../flat-naming.ts'
import type {VolumeName} from '../storage.ts'
import type {RbdAccess} from './access.ts'
import {nameOptions} from './access.ts'
import type {RbdOptions} from './options.ts'

export const rbdNaming: FlatNaming = {what: 'an image in a Ceph pool', hasSubvolumes: false}

/** @throws InvalidInputError for names that are no disk of a guest */
export function parseRbdName(name: string): VolumeName {
  return parseFlatName(name, rbdNaming)
}

function inPool({pool, namespace}: RbdOptions, image: string, snapshot: string | undefined): string {
  return [pool, ...namespace === undefined ? [] : [namespace], snapshot === undefined ? image : `${image}@${snapshot}`].join('/')
}

/** The name that QEMU's tools take: `rbd:pool/image@snapshot:mon_host=…`. */
export function qemuName(access: RbdAccess, image: string, snapshot?: string): string {
  return ['rbd', inPool(access.options, image, snapshot), ...nameOptions(access)].join(':')
}

/** The device of the kernel: Proxmox VE's own name where the section has the id of the cluster, else that of Ceph's udev rules. */
export function devicePath(options: RbdOptions, image: string, snapshot?: string): string {
  return `${options.fsid === undefined ? '/dev/rbd' : `/dev/rbd-pve/${options.fsid}`}/${inPool(options, image, snapshot)}`
}
