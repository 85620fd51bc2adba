// A tree of files in memory, as openTree gives one: links lead nowhere but to other places in it.
import {posix} from 'node:path'
import type {FileStat, FileTree} from '../../src/lib/host/index.ts'
import {ConflictError, NotFoundError} from '../../src/lib/base/index.ts'

type Node = {readonly kind: 'file'; readonly data: Buffer; readonly mode: number} | {readonly kind: 'symlink'; readonly target: string} | {readonly kind: 'directory'}

/** @param files contents, or where a link leads, by path */
export function memoryTree(files: Readonly<Record<string, string | {readonly link: string}>>): FileTree {
  const nodes = new Map<string, Node>([['/', {kind: 'directory'}]])
  const absolute = (path: string) => posix.resolve('/', path)
  const makeFolders = (path: string) => {
    for (let folder = path; folder !== '/'; folder = posix.dirname(folder)) if (!nodes.has(folder)) nodes.set(folder, {kind: 'directory'})
  }
  for (const [path, content] of Object.entries(files)) {
    const at = absolute(path)
    makeFolders(posix.dirname(at))
    nodes.set(at, typeof content === 'string' ? {kind: 'file', data: Buffer.from(content), mode: 0o644} : {kind: 'symlink', target: content.link})
  }

  /** Links on the way are followed; the last one where it is asked for. */
  const resolve = (path: string, isLastFollowed: boolean, links = 0): string => {
    if (links > 40) throw new ConflictError(`${path} leads through too many links`)
    let at = '/'
    const parts = absolute(path).split('/').filter((part) => part !== '')
    for (const [index, part] of parts.entries()) {
      const next = posix.join(at, part)
      const node = nodes.get(next)
      if (node?.kind === 'symlink' && (isLastFollowed || index < parts.length - 1)) {
        return resolve(posix.join(posix.resolve(at, node.target), ...parts.slice(index + 1)), isLastFollowed, links + 1)
      }
      at = next
    }
    return at
  }
  const statOf = (node: Node | undefined): (FileStat & {readonly gid: number}) | undefined => node === undefined ? undefined : {
    kind: node.kind, sizeBytes: node.kind === 'file' ? node.data.length : 0, allocatedBytes: 0, mtimeMs: 0, mode: node.kind === 'file' ? node.mode : 0o755, uid: 0, gid: 0,
  }
  const read = (path: string): Buffer | undefined => {
    const node = nodes.get(resolve(path, true))
    if (node !== undefined && node.kind !== 'file') throw new ConflictError(`${path} is not a plain file`)
    return node?.data
  }
  return {
    stat: async (path, {followLinks = true} = {}) => statOf(nodes.get(resolve(path, followLinks))),
    read: async (path) => read(path),
    readText: async (path) => read(path)?.toString('utf8'),
    readLink: async (path) => { const node = nodes.get(resolve(path, false)); return node?.kind === 'symlink' ? node.target : undefined },
    list: async (path) => { const at = resolve(path, true); return [...nodes.keys()].filter((key) => key !== '/' && posix.dirname(key) === at).map((key) => posix.basename(key)).sort() },
    write: async (path, data, {mode = 0o644} = {}) => {
      const at = resolve(path, false)
      if (nodes.get(posix.dirname(at))?.kind !== 'directory') throw new NotFoundError(`there is no folder for ${path}`)
      nodes.set(at, {kind: 'file', data: Buffer.from(data), mode})
    },
    copyIn: () => Promise.reject(new ConflictError('a tree in memory takes no copies')),
    copyOut: () => Promise.reject(new ConflictError('a tree in memory gives no copies')),
    withFolder: () => Promise.reject(new ConflictError('a tree in memory leads nowhere')),
    symlink: async (target, path) => { nodes.set(resolve(path, false), {kind: 'symlink', target}) },
    makeDirectory: async (path) => { makeFolders(resolve(path, true)) },
    remove: async (path) => nodes.delete(resolve(path, false)),
    close: () => undefined,
  }
}
