// Interactive commands wait here for the second channel, which has a pty and runs another process of the agent: the command lies in a
// private file named after the hash of a one-time token, and so does how it ended. A token is good for a minute, and once.
import {createHash, randomBytes} from 'node:crypto'
import {ForbiddenError, UnavailableError} from '../base/index.ts'
import {decodeError, encodeError} from '../host/protocol/error-payload.ts'
import {isObject} from '../host/protocol/index.ts'
import type {ProcessId} from '../host/index.ts'
import type {Context} from '../tasks/index.ts'

export type Place = Pick<Context, 'host' | 'places' | 'clock'>

export interface LeftInvocation {
  readonly command: string
  readonly params: Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, unknown>>
}

const validMs = 60_000
/** How an ended terminal is remembered; the client asks at once. */
const keptMs = 10 * 60_000
const maxLeft = 64
const maxBytes = 1024 * 1024
const endLimitMs = 10_000

/** Leaves a command and gives the token that runs it. @throws UnavailableError when too many wait */
export async function leaveInvocation(invocation: LeftInvocation, place: Place): Promise<string> {
  const {host, clock} = place
  const folder = folderOf(place)
  await host.files.makeDirectory(place.places.runDir, 0o700)
  await host.files.makeDirectory(folder, 0o700)
  await removeOld(folder, place)
  if ((await host.files.list(folder)).filter((name) => !name.endsWith('.run')).length >= maxLeft) throw new UnavailableError(`${maxLeft} terminals wait to be opened already`)
  const token = randomBytes(32).toString('hex')
  await host.files.write(`${folder}/${nameOf(token)}`, JSON.stringify({...invocation, leftMs: clock.now()}), {durable: false, overwrite: false})
  return token
}

/** Takes the command that was left, for once. @throws ForbiddenError for a token that is none, was used or is too old */
export async function takeInvocation(token: string, place: Place): Promise<LeftInvocation> {
  const {host, clock} = place
  const path = `${folderOf(place)}/${nameOf(token)}`
  const taken = `${path}.taken`
  const refusal = new ForbiddenError('the token of this terminal is not valid, or not any more')
  // Renaming decides who was first.
  await host.files.rename(path, taken).catch(() => { throw refusal })
  const left: unknown = JSON.parse(await host.files.readText(taken, maxBytes))
  await host.files.remove(taken)
  if (!isObject(left) || typeof left['command'] !== 'string' || !isObject(left['params']) || !isObject(left['environment']) || typeof left['leftMs'] !== 'number') throw refusal
  if (Math.abs(clock.now() - left['leftMs']) > validMs) throw refusal
  return {command: left['command'], params: left['params'], environment: left['environment']}
}

/** Remembers which process runs the command, for whoever attends it. */
export async function leaveProcess(token: string, process: ProcessId, place: Place): Promise<void> {
  await place.host.files.write(processPath(token, place), JSON.stringify(process), {durable: false})
}

/** What is known of a command that was left: it waits to be taken, runs, or has ended, or is forgotten. */
export async function stateOf(token: string, place: Place): Promise<'waiting' | 'ended' | 'forgotten' | ProcessId> {
  const {files} = place.host
  const running = await readProcess(processPath(token, place), place)
  if (running !== undefined && (await place.host.process(running.pid))?.startTime === running.startTime) return running
  if (await files.stat(`${folderOf(place)}/${nameOf(token)}.end`) !== undefined) return 'ended'
  return await files.stat(`${folderOf(place)}/${nameOf(token)}`) === undefined ? 'forgotten' : 'waiting'
}

/** Makes the token worthless. */
export async function withdraw(token: string, place: Place): Promise<void> {
  await place.host.files.remove(`${folderOf(place)}/${nameOf(token)}`)
}

/** Remembers how the command ended, for the client. */
export async function leaveEnd(token: string, error: unknown, place: Place): Promise<void> {
  const text = JSON.stringify(error === undefined ? {} : {error: encodeError(error)})
  await place.host.files.write(`${folderOf(place)}/${nameOf(token)}.end`, text, {durable: false})
  await place.host.files.remove(processPath(token, place))
}

/** @throws the error with which the command ended; UnavailableError when nothing is known of it */
export async function awaitEnd(token: string, place: Place & Pick<Context, 'signal'>): Promise<void> {
  const {host, clock, signal} = place
  const path = `${folderOf(place)}/${nameOf(token)}.end`
  const deadlineMs = clock.monotonicMs() + endLimitMs
  while (await host.files.stat(path) === undefined) {
    if (clock.monotonicMs() > deadlineMs) throw new UnavailableError('nobody knows how the command in the terminal ended')
    await clock.sleep(20, signal)
  }
  const end: unknown = JSON.parse(await host.files.readText(path, maxBytes))
  await host.files.remove(path)
  if (isObject(end) && end['error'] !== undefined) throw decodeError(end['error'])
}

function processPath(token: string, place: Place): string {
  return `${folderOf(place)}/${nameOf(token)}.run`
}

async function readProcess(path: string, {host}: Place): Promise<ProcessId | undefined> {
  try {
    const read: unknown = JSON.parse(await host.files.readText(path, maxBytes))
    return isObject(read) && typeof read['pid'] === 'number' && typeof read['startTime'] === 'string' ? {pid: read['pid'], startTime: read['startTime']} : undefined
  } catch {
    return undefined
  }
}

function folderOf({places}: Pick<Place, 'places'>): string {
  return `${places.runDir}/terminals`
}

/** Who can read names in the folder learns no token from them. */
function nameOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

async function removeOld(folder: string, place: Place): Promise<void> {
  const {host, clock} = place
  for (const name of await host.files.list(folder)) {
    // A terminal may be open for days.
    const running = name.endsWith('.run') ? await readProcess(`${folder}/${name}`, place) : undefined
    if (running !== undefined && await host.process(running.pid) !== undefined) continue
    const stat = await host.files.stat(`${folder}/${name}`)
    const ageMs = stat === undefined ? 0 : clock.now() - stat.mtimeMs
    if (ageMs > (name.endsWith('.end') ? keptMs : validMs)) await host.files.remove(`${folder}/${name}`)
  }
}
