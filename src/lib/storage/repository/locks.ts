// Locks of a repository: files of `locks/`, which say who reads or writes (several may) or packs anew (alone). The layout and the rules are those of restic's design
// document ("Locks"), so that restic and we wait for each other. Who dies leaves a lock; whoever finds it takes it away.
import type {Clock} from '../../base/index.ts'
import {ConflictError, InvalidInputError, NotFoundError} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import {countOf, parseObject, textOf} from './json-records.ts'
import type {Repository} from './repository.ts'

export interface LockRecord {
  readonly takenAtMs: number
  readonly isExclusive: boolean
  readonly hostname: string
  readonly username: string
  readonly pid: number
}

/** restic's rules: who works refreshes its lock every five minutes, and one of half an hour is nobody's. */
const refreshMs = 5 * 60_000
const staleMs = 30 * 60_000

/** As JSON, before it is sealed. */
export function formatLock({takenAtMs, isExclusive, hostname, username, pid}: LockRecord): Buffer {
  return Buffer.from(JSON.stringify({time: new Date(takenAtMs).toISOString(), exclusive: isExclusive, hostname, username, pid}))
}

/** @throws InvalidInputError */
export function parseLock(data: Buffer): LockRecord {
  const fields = parseObject(data, 'a lock')
  const takenAtMs = Date.parse(textOf(fields['time'], 'the time of a lock'))
  if (Number.isNaN(takenAtMs)) throw new InvalidInputError('a lock of the repository has no time')
  return {
    takenAtMs, isExclusive: fields['exclusive'] === true, hostname: textOf(fields['hostname'] ?? '', 'a lock'), username: textOf(fields['username'] ?? '', 'a lock'),
    pid: countOf(fields['pid'] ?? 0, 'the process of a lock', 2 ** 31),
  }
}

export interface RepositoryUser {
  readonly host: Pick<Host, 'files' | 'process'>
  readonly clock: Clock
}

/**
 * Runs the work under a lock, which is refreshed meanwhile and gone afterwards.
 * @throws ConflictError naming who is in the way
 */
export async function underLock<R>(repository: Repository, isExclusive: boolean, user: RepositoryUser, work: () => Promise<R>): Promise<R> {
  const hostname = await hostnameOf(user)
  await assertFree(repository, isExclusive, hostname, user)
  const write = () => repository.writeLock(formatLock({takenAtMs: user.clock.now(), isExclusive, hostname, username: 'root', pid: process.pid}))
  let name = await write()
  const done = new AbortController()
  const refreshing = refresh(user.clock, done.signal, async () => {
    const before = name
    name = await write()
    if (name !== before) await repository.removeLock(before)
  })
  try {
    // Two that look at the same time see no lock of each other; both look again.
    await assertFree(repository, isExclusive, hostname, user, name)
    return await work()
  } finally {
    done.abort()
    await refreshing
    await repository.removeLock(name)
  }
}

async function refresh(clock: Clock, signal: AbortSignal, once: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const isTime = await clock.sleep(refreshMs, signal).then(() => true, () => false)
    // A server that does not answer now may do so in five minutes, long before the lock is too old.
    if (isTime) await once().catch(() => undefined)
  }
}

async function assertFree(repository: Repository, isExclusive: boolean, hostname: string, user: RepositoryUser, own?: string): Promise<void> {
  for (const {name, lock} of await liveLocks(repository, hostname, user)) {
    if (name === own || !isExclusive && !lock.isExclusive) continue
    throw new ConflictError(`the repository is in use by process ${lock.pid} of ${lock.username}@${lock.hostname} since ${new Date(lock.takenAtMs).toISOString()}`, {
      data: {pid: lock.pid, hostname: lock.hostname}, nextSteps: ['Wait until it is done.', 'A lock that nobody refreshes counts for half an hour.'],
    })
  }
}

/** Those of somebody who may still be there; the others are removed. */
export async function liveLocks(repository: Repository, hostname: string, {host, clock}: RepositoryUser): Promise<{readonly name: string; readonly lock: LockRecord}[]> {
  const live: {readonly name: string; readonly lock: LockRecord}[] = []
  for (const name of await repository.lockNames()) {
    const lock = await lockOf(repository, name)
    if (lock === undefined) continue
    const isDead = lock.hostname === hostname && lock.pid > 0 && await host.process(lock.pid) === undefined
    if (isDead || lock.takenAtMs < clock.now() - staleMs) await repository.removeLock(name)
    else live.push({name, lock})
  }
  return live
}

/** undefined when it was taken away since its name was seen. @throws InvalidInputError when it is none */
async function lockOf(repository: Repository, name: string): Promise<LockRecord | undefined> {
  try {
    return parseLock(await repository.readLock(name))
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(`the lock ${name} of the repository cannot be read, so nobody knows who is at work in it`, {}, {
      cause: error, nextSteps: [`When nobody is, remove the file locks/${name} of the repository`],
    })
  }
}

/** As the kernel has it, which is what restic writes into its locks. */
export async function hostnameOf({host}: Pick<RepositoryUser, 'host'>): Promise<string> {
  return (await host.files.readText('/proc/sys/kernel/hostname')).trim()
}
