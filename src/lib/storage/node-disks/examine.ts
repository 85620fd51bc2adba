// Looks at a device before something is done to it: which one it is, and what is on it. Whoever plans looks, and the action looks again right before it
// acts.
import {ConflictError, NotFoundError, UnavailableError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import {volumeReferences} from '../guest-volumes.ts'
import {readStorageConfig} from '../storage-config.ts'
import type {Claims, Content} from './contents.ts'
import {contentLines, contentsOf} from './contents.ts'
import type {FoundDevice} from './find-device.ts'
import {findDevice} from './find-device.ts'
import type {MachineFacts} from './facts/machine.ts'
import {devicePath} from './facts/machine.ts'
import {probe} from './probe.ts'
import {readMachine} from './facts/read-machine.ts'
import {blockDevices} from './facts/sysfs.ts'
import type {DeviceIdentity} from './identity.ts'
import {identityOf, isSameDevice} from './identity.ts'

/** blank: nothing may be on it; idle: nothing that is used now; same: it is that very device, whatever is on it. */
export type Need = 'blank' | 'idle' | 'same'

export interface Examined {
  readonly found: FoundDevice
  readonly identity: DeviceIdentity
  readonly contents: readonly Content[]
  readonly facts: MachineFacts
}

type Looking = Pick<Context, 'host' | 'store' | 'places' | 'signal' | 'node'>

/** The lock under which a device is changed: that of the whole disk. @throws NotFoundError when it is no block device */
export async function deviceLock(path: string, {host}: Pick<Context, 'host'>): Promise<string> {
  return `disk/${(await findDevice(host, path, {devices: await blockDevices(host)})).disk.name.replaceAll('!', '-')}`
}

/** Those of several devices, each disk once. */
export async function deviceLocks(paths: readonly string[], context: Pick<Context, 'host'>): Promise<string[]> {
  return [...new Set(await Promise.all(paths.map((path) => deviceLock(path, context))))]
}

/**
 * Looks at devices together, asking each tool once.
 * @throws NotFoundError for a path that is no block device; UnavailableError when a tool failed, as it could not be told then what is on a disk
 */
export async function examine(paths: readonly string[], context: Looking): Promise<Examined[]> {
  const facts = await readMachine(context.host, {smart: 'none', signal: context.signal})
  const [problem] = facts.problems
  if (problem !== undefined) throw new UnavailableError(`it cannot be told what is on ${paths.join(', ')}: ${problem}`, {nextSteps: ['Put that right first; nothing was changed.']})
  const claims = await claimsOn(facts, context)
  return Promise.all(paths.map(async (path) => {
    const found = await findDevice(context.host, path, facts)
    const known = contentsOf(found, facts, claims)
    // A device that is in use is refused for that; the kernel may not even let it be read.
    const contents = known.some(({isInUse}) => isInUse) ? known : contentsOf(found, facts, claims, await probe(context, found))
    return {found, identity: identityOf(found, facts), contents, facts}
  }))
}

async function claimsOn(facts: MachineFacts, {host, store, places, node}: Looking): Promise<Claims> {
  const known = new Set(facts.devices.flatMap(({name, partitions}) => [devicePath(name), ...partitions.map((each) => devicePath(each.name))]))
  const here = (await volumeReferences(store)).filter(({path, value}) => path.startsWith(`nodes/${node}/`) && value.startsWith('/dev/'))
  const guests = await Promise.all(here.map(async ({vmid, key, value}) => ({vmid, key, device: await realPath(value)})))
  const storages = Object.values(await readStorageConfig(store, places)).flatMap((config) => {
    const [group, pool] = [config['vgname'], config['pool']]
    return [
      ...typeof group === 'string' ? [{storage: config.storage, kind: 'group' as const, name: group}] : [],
      ...config.type === 'zfspool' && typeof pool === 'string' ? [{storage: config.storage, kind: 'pool' as const, name: pool.split('/')[0] ?? pool}] : [],
    ]
  })
  return {guests: guests.filter(({device}) => known.has(device)), storages}

  async function realPath(path: string): Promise<string> {
    try {
      return await host.files.realPath(path)
    } catch (error) {
      if (error instanceof NotFoundError) return path
      throw error
    }
  }
}

/** @throws ConflictError that names what is on the device */
export function refuseContents({identity, contents}: Examined, need: Need): void {
  const inUse = contents.filter(({isInUse}) => isInUse)
  if (need === 'same' || need === 'idle' && inUse.length === 0 || contents.length === 0) return
  const data = {device: identity.path, contents: contents.map(({device, what, isInUse}) => ({device, what, isInUse}))}
  if (inUse.length > 0) throw new ConflictError(`${identity.path} is in use: ${contentLines(inUse).join('; ')}`, {data, nextSteps: ['Nothing was changed.']})
  throw new ConflictError(`${identity.path} is not blank: ${contentLines(contents).join('; ')}`, {
    data, nextSteps: [`When nothing of that is needed any more: corral disk wipe ${identity.path}`],
  })
}

/**
 * Looks again, right before something is done to the device of a plan.
 * @throws ConflictError when another device has its name by now, or there is something on it that there was not
 */
export async function checkAgain(identity: DeviceIdentity, need: Need, context: Looking): Promise<Examined> {
  const [now] = await examine([identity.path], context)
  if (now === undefined || !isSameDevice(now.identity, identity)) {
    throw new ConflictError(`${identity.path} is another device by now than the one that was looked at`, {nextSteps: ['Nothing was done to it. See what is there: corral disk list']})
  }
  refuseContents(now, need)
  return now
}
