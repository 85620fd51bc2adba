// Snapshots of a disk that a running QEMU has open and that is a chain of files: QEMU goes on in a new file, and the data of a snapshot that is removed is
// streamed into what stands on it. The files are the storage's business (OpenChains). Everything may be done again after a process that died.
import {randomBytes} from 'node:crypto'
import {UnavailableError, UnsupportedError} from '../../../../base/index.ts'
import {openVolume} from '../../../../storage/index.ts'
import type {OpenChains, VolumeId} from '../../../../storage/index.ts'
import type {Context} from '../../../../tasks/index.ts'
import {driveNodes} from '../../arguments/drive-nodes.ts'
import {isOver, onMonitor, ownJobs, waitForJobs} from '../../block-jobs/job-state.ts'
import {readDrive} from '../../config/index.ts'
import {volumeBacking} from '../../facts/index.ts'
import {readIoUring} from '../../facts/gather-facts.ts'
import type {ImageOptions} from './nodes.ts'
import {activeImage, chainNodes, nodesOfOverlay, overlayCommand, settleCommands, switchCommand} from './nodes.ts'
import {blockNodes, removeUnused} from './unused-nodes.ts'

/** A drive of the guest, as its configuration has it. */
export interface OpenDrive {
  readonly key: string
  readonly volume: string
  /** The text of the key. */
  readonly drive: string
}

interface OpenDisk {
  readonly key: string
  readonly id: VolumeId
  readonly chains: OpenChains
  readonly options: ImageOptions
}

/** Drivers of nodes that name the same file as the image above or below them. */
const notImages: readonly string[] = ['file', 'host_device', 'throttle']
const streamLimitMs = 7 * 24 * 3600_000

async function openDisk({key, volume, drive}: OpenDrive, context: Context): Promise<OpenDisk> {
  const {storage, id} = await openVolume(volume, context)
  if (storage.openChains === undefined) throw new UnsupportedError(`snapshots of ${volume} cannot be taken or removed while the guest runs`, {nextSteps: ['Shut it down first.']})
  const read = readDrive(key, drive)
  const {blockdev} = driveNodes(read, volumeBacking(read, id, storage), {isReadOnly: false, hasIoUring: await readIoUring(context.host)})
  return {key, id, chains: storage.openChains, options: (blockdev['driver'] === 'throttle' ? blockdev['file'] : blockdev) as ImageOptions}
}

/**
 * Lets QEMU go on in new files, all drives at one moment; the guest stands still meanwhile.
 * @throws ConflictError when one has such a snapshot, and then nothing was touched
 */
export async function takeOpen(vmid: number, name: string, drives: readonly OpenDrive[], context: Context): Promise<void> {
  const disks = await Promise.all(drives.map((drive) => openDisk(drive, context)))
  const prepared: OpenDisk[] = []
  try {
    for (const disk of disks) {
      await disk.chains.prepare(disk.id, name)
      prepared.push(disk)
    }
  } catch (error) {
    for (const {chains, id} of prepared) await chains.forget(id, name)
    throw error
  }
  await onMonitor(vmid, context, async (client) => {
    const nodes = await blockNodes(client)
    const switches: {node: string; overlay: string}[] = []
    for (const {key, id, chains, options} of disks) {
      const files = chains.files(id, name)
      const active = activeImage(nodes, files)
      if (active === undefined) throw new UnavailableError(`the running virtual machine ${vmid} does not have ${key} open`)
      const own = chainNodes(key, randomBytes(3).toString('hex'))
      const {execute, arguments: args} = overlayCommand(options, files.overlay, own)
      await client.execute(execute, args)
      switches.push({node: active.name, overlay: own.overlay})
    }
    const {execute, arguments: args} = switchCommand(switches)
    await client.execute(execute, args)
  })
  for (const disk of disks) await settleOpen(vmid, disk, name, context)
}

/** Removes the snapshot of one drive. @returns false when this QEMU does not have the disk open: then it is the storage's business alone */
export async function dropOpen(vmid: number, name: string, drive: OpenDrive, context: Context): Promise<boolean> {
  const disk = await openDisk(drive, context)
  const {key, id, chains} = disk
  await endStream(vmid, key, context)
  const active = await onMonitor(vmid, context, async (client) => activeImage(await blockNodes(client), chains.files(id, name)))
  if (active === undefined) return false
  await settleOpen(vmid, disk, name, context)
  const place = await chains.place(id, name)
  if (place !== undefined) {
    await onMonitor(vmid, context, async (client) => {
      const nodes = await blockNodes(client)
      const nodeOf = (path: string): string => {
        const found = nodes.filter(({driver, file}) => file === path && !notImages.includes(driver))
        const node = found.find(({isReadOnly}) => !isReadOnly) ?? found[0]
        if (node === undefined) throw new UnavailableError(`the running virtual machine ${vmid} does not have ${path} open`, {nextSteps: ['Remove the snapshot while it is off.']})
        return node.name
      }
      const {child, below} = place
      await client.execute('block-stream', {
        device: nodeOf(child), 'job-id': streamJob(key), 'auto-dismiss': false,
        ...(below === undefined ? {} : {'base-node': nodeOf(below.path), 'backing-file': below.named}),
      })
    })
    await endStream(vmid, key, context)
    if (await chains.place(id, name) !== undefined) throw new UnavailableError(`the snapshot '${name}' of ${drive.volume} could not be taken out of its chain`, {nextSteps: ['Look what the machine says of its disks, and repeat the command.']})
  }
  await onMonitor(vmid, context, (client) => removeUnused(client, key))
  await chains.forget(id, name)
  return true
}

/** Gives the files and nodes of a switch that was made the names that they are to have. Right as well when there was none, or all is done. */
async function settleOpen(vmid: number, {key, id, chains, options}: OpenDisk, name: string, context: Context): Promise<void> {
  const files = chains.files(id, name)
  const unsettled = await onMonitor(vmid, context, async (client) => {
    const nodes = await blockNodes(client)
    const active = activeImage(nodes, files)
    const own = active === undefined ? undefined : nodesOfOverlay(active.name, key)
    return own !== undefined && (active?.file === files.overlay || nodes.some((node) => node.name === own.passing)) ? own : undefined
  })
  if (unsettled === undefined) return
  await chains.settle(id)
  await onMonitor(vmid, context, async (client) => {
    const present = new Set((await blockNodes(client)).map((node) => node.name))
    for (const {execute, arguments: args} of settleCommands(options, files, unsettled, present)) await client.execute(execute, args)
    await removeUnused(client, key)
  })
}

function streamJob(key: string): string {
  return `stream-${key}`
}

/** Waits for a stream, be it of a process that died. @throws UnavailableError when it failed */
async function endStream(vmid: number, key: string, context: Context): Promise<void> {
  const ids = [streamJob(key)]
  if ((await ownJobs(vmid, ids, context)).length === 0) return
  const [job] = await waitForJobs(vmid, ids, (jobs) => jobs.every(isOver), streamLimitMs, context)
  if (job === undefined) return
  await onMonitor(vmid, context, (client) => client.execute('job-dismiss', {id: streamJob(key)}))
  if (job.error !== undefined) throw new UnavailableError(`the data of a snapshot of ${key} could not be taken over: ${job.error}`)
}
