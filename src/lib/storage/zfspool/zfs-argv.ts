// The command lines of zfs(8) and zpool(8). Pure. Names begin with a letter, as the options and names of volumes are checked, so none is taken for an
// option.
import type {StreamContent} from '../storage.ts'
import type {ZfsOptions} from './options.ts'

/** The snapshot that clones stand on. */
export const baseSnapshot = '__base__'

export function datasetOf({pool}: ZfsOptions, name: string): string {
  return `${pool}/${name}`
}

/** All volumes and file systems of the dataset, or one of them. */
export function listArgv({pool}: ZfsOptions, name?: string): string[] {
  const what = name === undefined ? ['-d', '1', pool] : [`${pool}/${name}`]
  return ['zfs', 'list', '-Hp', '-t', 'volume,filesystem', '-o', 'name,type,volsize,refquota,used,origin,creation', ...what]
}

/** The snapshots of one volume, in the order in which they were taken. */
export function snapshotsArgv(options: ZfsOptions, name: string): string[] {
  return ['zfs', 'list', '-Hp', '-t', 'snapshot', '-s', 'createtxg', '-d', '1', '-o', 'name,creation', datasetOf(options, name)]
}

export function spaceArgv({pool}: ZfsOptions): string[] {
  return ['zfs', 'get', '-Hp', '-o', 'property,value', 'available,used', pool]
}

/** volsize is a multiple of the block size; 1 MiB is one of every size that there is but the largest. */
export function createVolumeArgv(options: ZfsOptions, name: string, sizeBytes: number): string[] {
  const block = options.blockSize === undefined ? [] : ['-b', options.blockSize]
  return ['zfs', 'create', ...options.sparse ? ['-s'] : [], ...block, '-V', String(volumeSize(sizeBytes)), datasetOf(options, name)]
}

export function createSubvolumeArgv(options: ZfsOptions, name: string, sizeBytes: number): string[] {
  return ['zfs', 'create', '-o', 'acltype=posixacl', '-o', 'xattr=sa', '-o', `refquota=${sizeBytes}`, datasetOf(options, name)]
}

export function volumeSize(sizeBytes: number): number {
  const step = 1024 ** 2
  return Math.ceil(sizeBytes / step) * step
}

export function resizeArgv(options: ZfsOptions, name: string, format: 'raw' | 'subvol', sizeBytes: number): string[] {
  return ['zfs', 'set', format === 'raw' ? `volsize=${volumeSize(sizeBytes)}` : `refquota=${sizeBytes}`, datasetOf(options, name)]
}

export function renameArgv(options: ZfsOptions, from: string, to: string): string[] {
  return ['zfs', 'rename', datasetOf(options, from), datasetOf(options, to)]
}

/** With its snapshots, never with clones. */
export function destroyArgv(options: ZfsOptions, name: string): string[] {
  return ['zfs', 'destroy', '-r', datasetOf(options, name)]
}

export function snapshotArgv(what: 'create' | 'rollback' | 'remove', options: ZfsOptions, name: string, snapshot: string): string[] {
  return ['zfs', what === 'create' ? 'snapshot' : what === 'remove' ? 'destroy' : 'rollback', `${datasetOf(options, name)}@${snapshot}`]
}

export function cloneArgv(options: ZfsOptions, base: string, name: string): string[] {
  return ['zfs', 'clone', `${datasetOf(options, base)}@${baseSnapshot}`, datasetOf(options, name)]
}

/** Whether the snapshots of a volume have devices. */
export function snapshotDevicesArgv(options: ZfsOptions, name: string, areVisible: boolean): string[] {
  return ['zfs', 'set', `snapdev=${areVisible ? 'visible' : 'hidden'}`, datasetOf(options, name)]
}

export function importArgv({pool}: ZfsOptions): string[] {
  return ['zpool', 'import', '-d', '/dev/disk/by-id/', '-o', 'cachefile=none', pool.split('/')[0] ?? pool]
}

/** One snapshot, or with `withSnapshots` all up to it (-R); from `base` on, the latter with those between (-I), else without (-i). */
export function sendArgv(options: ZfsOptions, name: string, {snapshot = '', base, withSnapshots}: StreamContent): string[] {
  const from = base === undefined ? [] : [withSnapshots === true ? '-I' : '-i', `@${base}`]
  return ['zfs', 'send', withSnapshots === true ? '-Rp' : '-p', ...from, `${datasetOf(options, name)}@${snapshot}`]
}

/** Not mounted, and not where the stream wants it. -F: what the volume has become since its newest snapshot gives way to what is added. */
export function receiveArgv(options: ZfsOptions, name: string, {isFolder, isAddition}: {readonly isFolder: boolean; readonly isAddition: boolean}): string[] {
  return ['zfs', 'receive', '-u', ...isAddition ? ['-F'] : [], ...isFolder ? ['-x', 'mountpoint'] : [], datasetOf(options, name)]
}

export function mountArgv(options: ZfsOptions, name: string): string[] {
  return ['zfs', 'mount', datasetOf(options, name)]
}
