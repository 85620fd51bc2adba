// Makes a device blank on which there is nothing but what is known by its marks: what an operation has made itself and takes back, or what its
// owner has just destroyed. Whatever else is found on it stays, and so does all beside it.
import type {Context} from '../../tasks/index.ts'
import {NotFoundError} from '../../base/index.ts'
import {announceChange, runTool} from './run-tool.ts'
import type {Signature} from './contents.ts'
import {contentLines} from './contents.ts'
import {examine} from './examine.ts'
import {devicePath} from './facts/machine.ts'
import {parseTableGuid, parseZfsComment} from './facts/tool-answers.ts'
import type {DeviceIdentity} from './identity.ts'
import {isSameDevice} from './identity.ts'
import {probe} from './probe.ts'

/** By which something on a device is known. */
export type Mark =
  | {readonly type: string; readonly uuid: string}
  /** A member of a pool whose GUID was not known before it was made; its label holds the pool's comment. */
  | {readonly type: 'zfs_member'; readonly comment: string}

export interface Clearing {
  readonly device: DeviceIdentity
  readonly marks: readonly Mark[]
  /** The GUID of a partition table that goes with all of its partitions, also such as the kernel does not know. */
  readonly tableGuid?: string
}

const timeoutMs = 30_000

/**
 * Right when it is blank already, and when it was cleared half. What is in the way is told as a warning: a disk that somebody uses for something else
 * by now is no business of ours any more.
 */
export async function clearDevice({device, marks, tableGuid}: Clearing, context: Context): Promise<void> {
  const {log} = context
  await announceChange(context)
  const now = await lookAt(device, context)
  if (now === undefined || !isSameDevice(now.identity, device)) {
    log.warn(`${device.path} is gone, or another device has its name: it is left alone`)
    return
  }
  const inUse = now.contents.filter(({isInUse}) => isInUse)
  if (inUse.length > 0) {
    log.warn(`${device.path} is left alone, as it is in use: ${contentLines(inUse).join('; ')}`)
    return
  }
  const {signatures, hiddenPartitions} = await probe(context, now.found)
  const foreign: string[] = []
  for (const [path, found] of signatures) for (const signature of found) if (!signature.isTable && !await isMarked(path, signature, marks, context)) foreign.push(`${path}: ${signature.type}`)
  const hidden = [...hiddenPartitions.values()].flat()
  if (hidden.length > 0 && !await hasTable(device.path, tableGuid, context)) foreign.push(...hidden)
  if (foreign.length > 0) {
    log.warn(`${device.path} is left alone, as there is something else on it by now: ${foreign.join('; ')}`)
    return
  }
  const partitions = now.found.isPartition ? [] : now.found.disk.partitions.map(({name}) => devicePath(name))
  // A blank one is not touched: somebody who does not ask for our locks may be about to use it.
  if (partitions.length === 0 && [...signatures.values()].every((found) => found.length === 0)) return
  for (const argv of clearingCommands(device.path, partitions)) await runTool(argv, context, argv[0] === 'partx' ? [0, 1] : [0])
  await announceChange(context)
}

/** Pure. Partitions come first: once the table is gone their devices are. The kernel forgets them also where it does not read tables by itself. */
export function clearingCommands(path: string, partitions: readonly string[]): string[][] {
  return [
    ...partitions.map((partition) => ['wipefs', '--all', '--', partition]), ['wipefs', '--all', '--', path],
    ...partitions.length === 0 ? [] : [['partx', '--delete', '--', path]],
  ]
}

async function lookAt({path}: DeviceIdentity, context: Context) {
  try {
    return (await examine([path], context))[0]
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

async function isMarked(path: string, {type, uuid}: Signature, marks: readonly Mark[], context: Context): Promise<boolean> {
  for (const mark of marks) {
    if (mark.type !== type) continue
    if ('uuid' in mark ? mark.uuid === uuid : await zfsComment(path, context) === mark.comment) return true
  }
  return false
}

/** The comment of the pool to which a device belongs, from its own label; no pool need be imported for that. */
async function zfsComment(path: string, {host, signal}: Context): Promise<string | undefined> {
  // zdb ends with 1 or 2 where one of the four labels is not there.
  const {stdout} = await host.run(['zdb', '-l', path], {timeoutMs, signal, okExitCodes: [0, 1, 2]})
  return parseZfsComment(stdout)
}

async function hasTable(path: string, guid: string | undefined, {host, signal}: Context): Promise<boolean> {
  if (guid === undefined) return false
  const {stdout} = await host.run(['sgdisk', '--print', path], {timeoutMs, signal})
  return parseTableGuid(stdout)?.toLowerCase() === guid.toLowerCase()
}
