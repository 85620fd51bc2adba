// One task for one key, however often it is asked for: a client that lost its connection before it heard the id of its task asks again with the
// same key. A worker registers itself under its key by making a file that cannot be made twice, so the death of whoever started it leaves
// no doubt. It survives every program of the host, not a power cut.
//   tasks/keys/<hash of the key>   the id of the task, and a hash of what was asked for
import {createHash} from 'node:crypto'
import {ConflictError, InvalidInputError} from '../base/index.ts'
import type {Clock} from '../base/index.ts'
import type {Host} from '../host/index.ts'
import type {WorkerOrder} from './start-task.ts'
import type {LogPlace} from './task-files.ts'
import {tasksFolder, upidOrNothing} from './task-files.ts'

interface Place {
  readonly host: Host
  readonly places: LogPlace
}

/** Nobody asks again later than this: a client gives up after a minute. */
const keptMs = 60 * 60_000
const maxBytes = 4096

/** @throws InvalidInputError for what is not 16 to 32 random bytes in lower-case hexadecimal */
export function checkTaskKey(key: unknown): string {
  if (typeof key === 'string' && /^(?:[0-9a-f]{2}){16,32}$/.test(key)) return key
  throw new InvalidInputError('the key of a task is not in its form', {key: 'must be 32 to 64 hexadecimal digits'})
}

/**
 * The id of the task that was started with this key.
 * @throws ConflictError when it is the key of something else that was asked for
 */
export async function taskOfKey(key: string, order: Pick<WorkerOrder, 'commandId' | 'params'>, {host, places}: Place): Promise<string | undefined> {
  const path = keyPath(key, places)
  if (await host.files.stat(path) === undefined) return undefined
  const [upid = '', wish = ''] = (await host.files.readText(path, maxBytes)).split('\n')
  if (upidOrNothing(upid) === undefined || wish !== wishOf(order)) throw new ConflictError('the key of the task was used for another one already')
  return upid
}

/** Registers the task under its key. @throws ConflictError when another one was faster */
export async function claimKey(key: string, order: Pick<WorkerOrder, 'commandId' | 'params'>, upid: string, {host, places}: Place): Promise<void> {
  await host.files.makeDirectory(keysFolder(places), 0o700)
  await host.files.write(keyPath(key, places), `${upid}\n${wishOf(order)}\n`, {durable: false, overwrite: false})
}

/** For a worker that has done its work: nobody waits for this. */
export async function forgetOldKeys({host, places}: Place, clock: Clock): Promise<void> {
  const folder = keysFolder(places)
  for (const name of await host.files.list(folder)) {
    const stat = await host.files.stat(`${folder}/${name}`)
    if (stat !== undefined && clock.now() - stat.mtimeMs > keptMs) await host.files.remove(`${folder}/${name}`)
  }
}

const keysFolder = (places: LogPlace) => `${tasksFolder(places)}/keys`
const keyPath = (key: string, places: LogPlace) => `${keysFolder(places)}/${createHash('sha256').update(key).digest('hex')}`

function wishOf({commandId, params}: Pick<WorkerOrder, 'commandId' | 'params'>): string {
  return createHash('sha256').update(JSON.stringify([commandId, params])).digest('hex')
}
