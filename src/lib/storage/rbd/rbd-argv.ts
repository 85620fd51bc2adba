// The command lines of rbd(8) and ceph(8). Pure. Pools, images and snapshots are named by options of their own, never as one word with slashes.
import type {RbdAccess} from './access.ts'
import {cephArguments} from './access.ts'

/** The snapshot that clones stand on. */
export const baseSnapshot = '__base__'

/** Puts the words of a command after what it is about. */
function rbd(access: RbdAccess, command: readonly string[], image?: string, snapshot?: string): string[] {
  const {pool, namespace} = access.options
  return [
    'rbd', ...cephArguments(access), ...command, '--pool', pool, ...namespace === undefined ? [] : ['--namespace', namespace],
    ...image === undefined ? [] : ['--image', image], ...snapshot === undefined ? [] : ['--snap', snapshot],
  ]
}

function size(bytes: number): string[] {
  return ['--size', `${bytes}B`]
}

function destination({options: {pool, namespace}}: RbdAccess, image: string): string[] {
  return ['--dest-pool', pool, ...namespace === undefined ? [] : ['--dest-namespace', namespace], '--dest', image]
}

/** All images of the pool with their snapshots and parents. */
export function listArgv(access: RbdAccess): string[] {
  return rbd(access, ['ls', '-l', '--format', 'json'])
}

export function infoArgv(access: RbdAccess, image: string): string[] {
  return rbd(access, ['info', '--format', 'json'], image)
}

/** Who has the image open. */
export function statusArgv(access: RbdAccess, image: string): string[] {
  return rbd(access, ['status', '--format', 'json'], image)
}

/** Looks whether the pool is there. */
export function poolArgv(access: RbdAccess): string[] {
  return ['rbd', ...cephArguments(access), 'namespace', 'ls', '--format', 'json', '--pool', access.options.pool]
}

export function spaceArgv(access: RbdAccess): string[] {
  return ['ceph', ...cephArguments(access), 'df', '--format', 'json']
}

export function createArgv(access: RbdAccess, image: string, sizeBytes: number): string[] {
  const {dataPool} = access.options
  return rbd(access, ['create', ...size(sizeBytes), ...dataPool === undefined ? [] : ['--data-pool', dataPool]], image)
}

export function resizeArgv(access: RbdAccess, image: string, sizeBytes: number): string[] {
  return rbd(access, ['resize', '--no-progress', ...size(sizeBytes)], image)
}

export function renameArgv(access: RbdAccess, from: string, to: string): string[] {
  return [...rbd(access, ['rename'], from), ...destination(access, to)]
}

export function removeArgv(access: RbdAccess, image: string): string[] {
  return rbd(access, ['rm', '--no-progress'], image)
}

export function snapshotsArgv(access: RbdAccess, image: string): string[] {
  return rbd(access, ['snap', 'ls', '--format', 'json'], image)
}

export function purgeArgv(access: RbdAccess, image: string): string[] {
  return rbd(access, ['snap', 'purge', '--no-progress'], image)
}

const snapshotCommands = {
  create: ['snap', 'create', '--no-progress'], rollback: ['snap', 'rollback', '--no-progress'], remove: ['snap', 'rm', '--no-progress'],
  protect: ['snap', 'protect'], unprotect: ['snap', 'unprotect'],
} as const

export function snapshotArgv(access: RbdAccess, what: keyof typeof snapshotCommands, image: string, snapshot: string): string[] {
  return rbd(access, snapshotCommands[what], image, snapshot)
}

export function cloneArgv(access: RbdAccess, base: string, image: string): string[] {
  const {dataPool} = access.options
  return [...rbd(access, ['clone', ...dataPool === undefined ? [] : ['--data-pool', dataPool]], base, baseSnapshot), ...destination(access, image)]
}

/** Makes a block device of the kernel; prints its path. */
export function mapArgv(access: RbdAccess, image: string, snapshot?: string): string[] {
  return rbd(access, ['device', 'map', ...snapshot === undefined ? [] : ['--read-only']], image, snapshot)
}

/** Takes away the device of an image, under whatever path it is. */
export function unmapImageArgv(access: RbdAccess, image: string): string[] {
  return rbd(access, ['device', 'unmap'], image)
}

export function unmapArgv(access: RbdAccess, path: string): string[] {
  return ['rbd', ...cephArguments(access), 'device', 'unmap', path]
}
