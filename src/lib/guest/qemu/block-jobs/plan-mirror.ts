// From a drive of a running guest and a volume that is going to be made, to what a mirror job needs. Asks QEMU and changes nothing.
import {ConflictError, UnsupportedError} from '../../../base/index.ts'
import type {Storage, VolumeId} from '../../../storage/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {driveNodes, imageNodeName} from '../arguments/drive-nodes.ts'
import {readDrive} from '../config/index.ts'
import {volumeBacking} from '../facts/index.ts'
import {readIoUring} from '../facts/gather-facts.ts'
import {onMonitor} from './job-state.ts'
import type {DriveMirror} from './mirror.ts'
import {backendName, copyingNodes} from './mirror.ts'
import {nodesOfOverlay, readBlockNodes} from '../snapshots/chains/nodes.ts'
import {readRunningDrive} from './nodes.ts'

export interface MirrorWish {
  readonly vmid: number
  readonly key: string
  /** The drive as it runs, from the configuration. */
  readonly from: string
  /** The drive as it will be written: with the new volume. */
  readonly to: string
  readonly target: {readonly storage: Storage; readonly id: VolumeId; readonly volume: string}
}

/** How much of a raw image is shown, where its device is larger; QEMU mirrors only between images of one size. */
function exactSize(format: unknown, sizeBytes: number, targetBytes: number): {readonly size?: number} {
  return format === 'raw' && targetBytes !== sizeBytes ? {size: sizeBytes} : {}
}

/**
 * @param targetBytes how large the new volume will be, where the storage rounds
 * @throws ConflictError when the running guest has no such drive, UnsupportedError for one that is handed through whole
 */
export async function planMirror({vmid, key, from, to, target}: MirrorWish, context: Context, targetBytes?: number): Promise<DriveMirror> {
  const [before, after] = [readDrive(key, from), readDrive(key, to)]
  if (before.scsiblock === true) throw new UnsupportedError(`${key} is a disk of the host that is handed through whole, and cannot be copied while the guest runs`)
  const running = readRunningDrive(await onMonitor(vmid, context, (client) => client.execute('query-block')), backendName(key))
  if (running === undefined) {
    throw new ConflictError(`the running virtual machine ${vmid} has no disk ${key}`, {nextSteps: [`See what waits for its next start: qm pending ${vmid}`], data: {vmid, key}})
  }
  // The firmware reads and writes its variables in small steps, which is slow past the page cache; so does its own part of the arguments.
  const cached = key === 'efidisk0' ? {...after, cache: 'writeback' as const} : after
  const nodes = driveNodes(cached, volumeBacking(after, target.id, target.storage), {isReadOnly: false, hasIoUring: await readIoUring(context.host)})
  const node = nodes.blockdev['file'] as DriveMirror['node']
  return {
    key, volume: target.volume, sizeBytes: running.sizeBytes,
    ...copyingNodes({...node, ...exactSize(node['driver'], running.sizeBytes, targetBytes ?? running.sizeBytes)}),
    ...(running.isBackend ? {} : {replaces: await chainNode(vmid, key, context) ?? imageNodeName(before)}),
  }
}

/** The image on top of a drive of which a snapshot was taken that is a file of its own, while it runs. */
async function chainNode(vmid: number, key: string, context: Context): Promise<string | undefined> {
  const nodes = await onMonitor(vmid, context, (client) => client.execute('query-named-block-nodes', {flat: true}))
  return readBlockNodes(nodes).find(({name, isReadOnly}) => !isReadOnly && nodesOfOverlay(name, key) !== undefined)?.name
}

/** The name of the node that a drive has if it was added to the running QEMU, as a drive that was moved or plugged in has it. */
export function nodeNameOf(key: string, text: string): string {
  return imageNodeName(readDrive(key, text))
}
