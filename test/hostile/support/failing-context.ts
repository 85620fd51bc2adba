// A context in which the k-th write fails, as on a disk that is full, broken or read-only: every change of a file, every commit and every
// program that makes or changes a file counts.
import {UnavailableError} from '../../../src/lib/base/index.ts'
import type {Context} from '../../../src/lib/tasks/index.ts'
import {fileError} from '../../../src/lib/host/file-errors.ts'

export type DiskFailure = 'ENOSPC' | 'EIO' | 'EROFS'

const writers = ['write', 'append', 'makeDirectory', 'rename', 'remove', 'removeTree', 'symlink'] as const

/**
 * @param failAt which write fails, from 1
 * @param lasts whether all that come later fail as well
 * @returns the context, and how many writes were tried
 */
export function failingContext(context: Context, failure: DiskFailure, failAt: number, lasts: boolean): {context: Context; tried: () => number} {
  let count = 0
  const check = (doing: string, path: string) => {
    count++
    if (count === failAt || (lasts && count > failAt)) throw fileError(Object.assign(new Error(`${failure}: ${doing}`), {code: failure}), doing, path)
  }
  const {host, store} = context
  const files = new Proxy(host.files, {get: (target, name) => {
    const method = Reflect.get(target, name) as (path: string, ...rest: unknown[]) => Promise<unknown>
    if (!(writers as readonly unknown[]).includes(name)) return method
    return async (path: string, ...rest: unknown[]) => { check(`${String(name)} ${path}`, path); return method(path, ...rest) }
  }})
  const run: typeof host.run = async (argv, options) => { if (argv[0] === 'qemu-img') check(`run ${argv.join(' ')}`, argv.at(-2) ?? ''); return host.run(argv, options) }
  const failingHost = new Proxy(host, {get: (target, name) => name === 'files' ? files : name === 'run' ? run : Reflect.get(target, name) as unknown})
  const commit: typeof store.commit = async (change) => {
    count++
    if (count === failAt || (lasts && count > failAt)) throw new UnavailableError('there is no space left for the configuration store', {cause: new Error(failure)})
    return store.commit(change)
  }
  const failingStore = new Proxy(store, {get: (target, name) => {
    if (name === 'commit') return commit
    const value: unknown = Reflect.get(target, name)
    return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
  }})
  return {context: {...context, host: failingHost, store: failingStore}, tried: () => count}
}
