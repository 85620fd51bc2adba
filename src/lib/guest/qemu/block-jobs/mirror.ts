// A drive of a running guest that is copied into a volume by a mirror job: what is known of one, and how QEMU is told to begin (QEMU's
// documents: QMP reference, blockdev-add, blockdev-mirror, job-*; "Live Block Device Operations"). Pure.

/** A drive that is mirrored, as plain data for actions. */
export interface DriveMirror {
  /** The key of the drive: `scsi0`. */
  readonly key: string
  /** The volume that takes the copy. */
  readonly volume: string
  /** The tree of nodes that opens it, as blockdev-add takes it; the same that a start would make. */
  readonly node: Readonly<Record<string, unknown>> & {readonly 'node-name': string}
  /** The node below the drive's throttle that is exchanged. Absent where the drive is a backend of its own (-drive) with no node in between. */
  readonly replaces?: string
  readonly sizeBytes: number
  /** Nodes as they are to be once the guest goes on with the copy, where that differs from what copying wants; for blockdev-reopen. */
  readonly afterwards?: readonly Readonly<Record<string, unknown>>[]
}

/** What is left to know of a mirror once it was begun. */
export type MirrorPlace = Pick<DriveMirror, 'key' | 'volume' | 'afterwards'> & {readonly nodeName: string}

export function mirrorPlace({key, volume, node, afterwards}: DriveMirror): MirrorPlace {
  return {key, volume, nodeName: node['node-name'], ...(afterwards === undefined ? {} : {afterwards})}
}

/**
 * A tree of nodes for copying into. Without `discard=unmap` the zeroes of the source would be laid out in the copy, whatever the drive says of
 * its guest's own trim requests; that is put right when the guest goes on with it.
 */
export function copyingNodes(node: DriveMirror['node']): Pick<DriveMirror, 'node' | 'afterwards'> {
  const file = node['file'] as DriveMirror['node']
  if (node['discard'] === 'unmap') return {node}
  return {
    node: {...node, discard: 'unmap', file: {...file, discard: 'unmap'}},
    afterwards: [file, {...node, file: file['node-name']}],
  }
}

/** `write-blocking` writes to both volumes before the guest hears that a write is done, so that both are alike as soon as the job is ready. */
export type CopyMode = 'background' | 'write-blocking'

/** Jobs are named after their drive, which has one at a time. */
export function jobId(key: string): string {
  return `mirror-${key}`
}

/** The name of a drive's backend or topmost node: the same word in both ways of giving QEMU its drives. */
export function backendName(key: string): string {
  return `drive-${key}`
}

export interface MirrorOptions {
  readonly copyMode: CopyMode
  /** In KiB a second; 0 is no limit. */
  readonly bandwidthKib: number
}

/**
 * The arguments of blockdev-mirror. The job is not dismissed by itself: whether it switched over, or why it failed, can then still be asked by
 * whoever takes over from a process that died.
 */
export function mirrorArguments({key, node, replaces}: DriveMirror, {copyMode, bandwidthKib}: MirrorOptions): Readonly<Record<string, unknown>> {
  return {
    'job-id': jobId(key), device: backendName(key), target: node['node-name'], ...(replaces === undefined ? {} : {replaces}),
    sync: 'full', 'copy-mode': copyMode, ...(bandwidthKib > 0 ? {speed: bandwidthKib * 1024} : {}), 'auto-dismiss': false,
  }
}

/** Commands for QEMU as a dry run shows them. */
export function shownQmp(command: string, args: Readonly<Record<string, unknown>> = {}): string {
  const words = Object.entries(args).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return ['# QMP:', command, ...words].join(' ')
}
