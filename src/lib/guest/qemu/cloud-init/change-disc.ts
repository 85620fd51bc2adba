// Takes the disc out of a running guest's drive while its volume is written, since QEMU keeps it open and locked, and puts it back. The
// guest sees a tray that was opened and closed.
import type {Context} from '../../../tasks/index.ts'
import {driveNodes} from '../arguments/drive-nodes.ts'
import {readDrive} from '../config/drives.ts'
import {openVolume} from '../../../storage/index.ts'
import {volumeBacking} from '../facts/index.ts'
import {withQmp} from '../qmp/index.ts'
import type {QmpClient} from '../qmp/index.ts'
import {guestPaths} from '../runtime/sockets.ts'

export interface DiscDrive {
  readonly vmid: number
  readonly key: string
  /** As the configuration has it. */
  readonly driveText: string
}

/** The disc goes back in whatever becomes of the work. */
export async function withDiscOut(drive: DiscDrive, work: () => Promise<void>, context: Context): Promise<void> {
  const {host, places, signal} = context
  await withQmp(host, guestPaths(places, drive.vmid).qmp, {signal}, async client => {
    const usesNodes = await takeOut(drive, client)
    if (usesNodes === undefined) return work()
    try {
      await work()
    } finally {
      await putIn(drive, usesNodes, client, context)
    }
  })
}

/** Says whether the drive is one of block nodes with names of ours (drive-nodes.ts), as boards since 10.0 have; undefined when the guest has none yet. */
async function takeOut({key}: DiscDrive, client: QmpClient): Promise<boolean | undefined> {
  const devices = await client.execute('query-block')
  const device = Array.isArray(devices) ? devices.find(each => isOfDevice(each, key)) as {readonly device?: unknown} | undefined : undefined
  if (device === undefined) return undefined
  // A drive that was made by -drive has a name of its own.
  const usesNodes = device.device === ''
  await client.execute('blockdev-open-tray', {id: key, force: true})
  await client.execute('blockdev-remove-medium', {id: key})
  for (const name of [discNode(key), ...(usesNodes ? [`drive-${key}`] : [])]) if (await hasNode(name, client)) await client.execute('blockdev-del', {'node-name': name})
  return usesNodes
}

function isOfDevice(entry: unknown, key: string): boolean {
  if (typeof entry !== 'object' || entry === null || !('qdev' in entry) || typeof entry.qdev !== 'string') return false
  return entry.qdev === key || entry.qdev.split('/').includes(key)
}

async function hasNode(name: string, client: QmpClient): Promise<boolean> {
  const nodes = await client.execute('query-named-block-nodes', {flat: true})
  return Array.isArray(nodes) && nodes.some((node: unknown) => typeof node === 'object' && node !== null && 'node-name' in node && node['node-name'] === name)
}

async function putIn({key, driveText}: DiscDrive, usesNodes: boolean, client: QmpClient, context: Context): Promise<void> {
  const drive = readDrive(key, driveText)
  const {storage, id} = await openVolume(drive.file, context)
  const backing = volumeBacking(drive, id, storage)
  const {blockdev} = driveNodes(drive, backing, {isReadOnly: true, hasIoUring: false, isPassedThrough: !usesNodes})
  const {driver, filename} = backing.source.protocol
  if (!usesNodes && ['file', 'host_device'].includes(driver)) {
    await client.execute('blockdev-change-medium', {id: key, filename, format: backing.source.format, force: true, 'read-only-mode': 'read-only'})
    return
  }
  const name = usesNodes ? `drive-${key}` : discNode(key)
  await client.execute('blockdev-add', {...blockdev, 'node-name': name})
  await client.execute('blockdev-insert-medium', {id: key, 'node-name': name})
  await client.execute('blockdev-close-tray', {id: key})
}

/** For a disc on a server, in a drive that was made without nodes. */
function discNode(key: string): string {
  return `disc-${key}`
}
