// Keeps the names of a host's guests, storages and the like on the user's machine, for completion (docs/completion.md): a keeper asks for them when
// it has logged in, and a moment after each call that may have changed some. Nobody waits for it, and nobody hears of it when it fails.
import {userCacheDir} from '../../base/index.ts'
import type {Clock} from '../../base/index.ts'
import type {HostTarget} from '../../host/index.ts'
import {isObject} from '../../host/protocol/index.ts'
import type {Peer} from '../../host/protocol/index.ts'

/** Several calls in a row are one occasion. */
const pauseMs = 500
const answerLimitMs = 30_000

export interface HostNamesOptions {
  readonly host: HostTarget
  readonly agent: Peer
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** @returns what is called when names may have changed */
export function hostNames({host, agent, clock, env, signal}: HostNamesOptions): () => void {
  const cacheDir = userCacheDir(env)
  if (cacheDir === undefined) return () => undefined
  let state: 'resting' | 'waiting' | 'asking' | 'asking, and once more' = 'resting'
  const ask = async () => {
    const [{rememberNames}, {localFiles}] = await Promise.all([import('../../completion/index.ts'), import('../../host/local/files.ts')])
    await rememberNames(host, await agent.call('names', {}, {signal, timeoutMs: answerLimitMs}), cacheDir, localFiles)
  }
  const work = async () => {
    do {
      state = 'waiting'
      await clock.sleep(pauseMs, signal)
      state = 'asking'
      // An agent of an older version has no names to give.
      await ask().catch(() => undefined)
    } while (isWantedAgain())
    state = 'resting'
  }
  const isWantedAgain = () => state === 'asking, and once more'
  return () => {
    if (state === 'resting') void work().catch(() => undefined)
    else if (state === 'asking') state = 'asking, and once more'
  }
}

/** Whether a call that was passed on may have changed what has a name: a change, the start of a task, and its end. */
export function mayChangeNames(method: string, params: unknown): boolean {
  if (method === 'startTask' || method === 'followTask') return true
  return method === 'run' && isObject(params) && params['dryRun'] !== true && params['isRead'] !== true
}
