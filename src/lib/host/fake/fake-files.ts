// Files in memory that answer as those of a real host do, errors included. Faults make single operations fail as a bad disk would.
import {Readable} from 'node:stream'
import {dirname, resolve} from 'node:path'
import {InvalidInputError} from '../../base/index.ts'
import {fileError} from '../file-errors.ts'
import type {FileStat, HostFiles, WriteOptions} from '../host.ts'

/** Makes an operation fail with an errno: `{operation: 'write', path: /storage/, code: 'ENOSPC'}`. */
export interface Fault {
  readonly operation: keyof HostFiles
  readonly path: RegExp
  readonly code: string
  /** Fails this often, then works. Default always. */
  readonly times?: number
}

interface Node {
  readonly kind: 'file' | 'directory' | 'symlink'
  data: Buffer
  target: string
  mode: number
  mtimeMs: number
}

const defaultMaxReadBytes = 1024 * 1024
const gibibyte = 1024 ** 3
const plentiful = {totalBytes: 100 * gibibyte, usedBytes: 40 * gibibyte, availableBytes: 60 * gibibyte}
const maxLinks = 40

/** What the kernel makes of an order that was written to one of its files. */
export type KernelReaction = (path: string, text: string) => void | Promise<void>

export function fakeFiles(
  initial: Readonly<Record<string, string | Buffer>>, faults: readonly Fault[], space = plentiful, onWriteInPlace?: KernelReaction,
): HostFiles {
  const nodes = new Map<string, Node>([['/', newNode('directory', 0o755)]])
  const failures = faults.map((fault) => ({fault, left: fault.times ?? Infinity}))

  const fail = (code: string, doing: string, path: string): never => { throw fileError(Object.assign(new Error(code), {code}), doing, path) }
  const check = (operation: keyof HostFiles, doing: string, path: string): void => {
    if (path.includes('\0')) fail('ERR_INVALID_ARG_VALUE', doing, path)
    const failure = failures.find(({fault, left}) => left > 0 && fault.operation === operation && fault.path.test(path))
    if (failure === undefined) return
    failure.left--
    fail(failure.fault.code, doing, path)
  }
  /** The path with links in its folders, and at its end when asked, resolved. */
  const follow = (path: string, last: boolean, doing: string): string => {
    let current = '/'
    let parts = resolve('/', path).split('/').filter((part) => part !== '')
    for (let links = 0; parts.length > 0;) {
      const [part = '', ...rest] = parts
      const next = current === '/' ? `/${part}` : `${current}/${part}`
      const node = nodes.get(next)
      if (node?.kind === 'symlink' && (rest.length > 0 || last)) {
        if (++links > maxLinks) fail('ELOOP', doing, path)
        parts = [...resolve(current, node.target).split('/').filter((name) => name !== ''), ...rest]
        current = '/'
        continue
      }
      if (node?.kind === 'file' && rest.length > 0) fail('ENOTDIR', doing, path)
      current = next
      parts = rest
    }
    return current
  }
  const below = (path: string): string[] => [...nodes.keys()].filter((name) => name.startsWith(path === '/' ? '/' : `${path}/`) && name !== '/')
  const parentExists = (path: string, doing: string): void => {
    const parent = nodes.get(dirname(path))
    if (parent === undefined) fail('ENOENT', doing, path)
    if (parent?.kind !== 'directory') fail('ENOTDIR', doing, path)
  }
  const fileAt = (path: string, doing: string): Node => {
    const node = nodes.get(follow(path, true, doing))
    if (node === undefined) return fail('ENOENT', doing, path)
    if (node.kind === 'directory') return fail('EISDIR', doing, path)
    return node
  }
  const makeFolders = (path: string, mode: number, doing: string): void => {
    const parts = follow(path, true, doing).split('/').filter((part) => part !== '')
    for (let count = 1; count <= parts.length; count++) {
      const folder = `/${parts.slice(0, count).join('/')}`
      const node = nodes.get(folder)
      if (node === undefined) nodes.set(folder, newNode('directory', mode))
      else if (node.kind !== 'directory') fail(count === parts.length ? 'EEXIST' : 'ENOTDIR', doing, path)
    }
  }
  for (const [path, data] of Object.entries(initial)) {
    if (path.endsWith('/')) makeFolders(path, 0o755, `make ${path}`)
    else {
      makeFolders(dirname(path), 0o755, `make ${path}`)
      nodes.set(path, newNode('file', 0o644, Buffer.from(data)))
    }
  }

  const read = async (path: string, maxBytes = defaultMaxReadBytes): Promise<Buffer> => {
    check('read', `read ${path}`, path)
    const {data} = fileAt(path, `read ${path}`)
    if (data.length > maxBytes) throw new InvalidInputError(`${path} is larger than the ${maxBytes} bytes that are read of such a file`)
    return Buffer.from(data)
  }

  return {
    read,
    readText: async (path, maxBytes) => (await read(path, maxBytes)).toString('utf8'),
    readStream: (path) => {
      check('readStream', `read ${path}`, path)
      return Readable.from([Buffer.from(fileAt(path, `read ${path}`).data)])
    },
    readAt: async (path, offset, maxBytes) => {
      check('readAt', `read ${path}`, path)
      return Buffer.from(fileAt(path, `read ${path}`).data.subarray(offset, offset + maxBytes))
    },
    write: async (path, data, options: WriteOptions = {}) => {
      const doing = `write ${path}`
      check('write', doing, path)
      const real = follow(path, false, doing)
      parentExists(real, doing)
      const present = nodes.get(real)
      if (present !== undefined && options.overwrite === false) fail('EEXIST', doing, path)
      if (present?.kind === 'directory') fail('EISDIR', doing, path)
      nodes.set(real, newNode('file', options.mode ?? 0o600, Buffer.from(data)))
    },
    append: async (path, data) => {
      const doing = `append to ${path}`
      check('append', doing, path)
      const real = follow(path, true, doing)
      parentExists(real, doing)
      const node = nodes.get(real) ?? newNode('file', 0o600)
      if (node.kind === 'directory') fail('EISDIR', doing, path)
      nodes.set(real, {...node, data: Buffer.concat([node.data, Buffer.from(data)]), mtimeMs: Date.now()})
    },
    writeInPlace: async (path, text) => {
      const doing = `write ${path}`
      check('writeInPlace', doing, path)
      const node = fileAt(path, doing)
      nodes.set(follow(path, true, doing), {...node, data: Buffer.from(text), mtimeMs: Date.now()})
      await onWriteInPlace?.(path, text)
    },
    stat: async (path, options = {}) => {
      const doing = `look at ${path}`
      check('stat', doing, path)
      const node = nodes.get(follow(path, options.followLinks === true, doing))
      return node === undefined ? undefined : statOf(node)
    },
    list: async (path) => {
      const doing = `list ${path}`
      check('list', doing, path)
      const folder = follow(path, true, doing)
      const node = nodes.get(folder)
      if (node !== undefined && node.kind !== 'directory') fail('ENOTDIR', doing, path)
      return below(folder).map((name) => name.slice(folder === '/' ? 1 : folder.length + 1)).filter((name) => !name.includes('/')).sort()
    },
    makeDirectory: async (path, mode = 0o755) => {
      check('makeDirectory', `make the folder ${path}`, path)
      makeFolders(path, mode, `make the folder ${path}`)
    },
    rename: async (from, to) => {
      const doing = `rename ${from} to ${to}`
      check('rename', doing, from)
      const [source, target] = [follow(from, false, doing), follow(to, false, doing)]
      const node = nodes.get(source)
      if (node === undefined) return fail('ENOENT', doing, from)
      parentExists(target, doing)
      if (nodes.get(target)?.kind === 'directory' && (node.kind !== 'directory' || below(target).length > 0)) {
        fail(node.kind === 'directory' ? 'ENOTEMPTY' : 'EISDIR', doing, from)
      }
      for (const name of [source, ...below(source)]) {
        const moved = nodes.get(name)
        nodes.delete(name)
        if (moved !== undefined) nodes.set(`${target}${name.slice(source.length)}`, moved)
      }
    },
    remove: async (path) => {
      check('remove', `remove ${path}`, path)
      const real = follow(path, false, `remove ${path}`)
      if (below(real).length > 0) fail('ENOTEMPTY', `remove ${path}`, path)
      return nodes.delete(real)
    },
    removeTree: async (path) => {
      check('removeTree', `remove ${path}`, path)
      const real = follow(path, false, `remove ${path}`)
      for (const name of [real, ...below(real)]) nodes.delete(name)
    },
    symlink: async (target, path) => {
      const doing = `make the link ${path}`
      check('symlink', doing, path)
      const real = follow(path, false, doing)
      parentExists(real, doing)
      if (nodes.has(real)) fail('EEXIST', doing, path)
      nodes.set(real, {...newNode('symlink', 0o777), target})
    },
    realPath: async (path) => {
      const doing = `resolve ${path}`
      check('realPath', doing, path)
      const real = follow(path, true, doing)
      return nodes.has(real) ? real : fail('ENOENT', doing, path)
    },
    space: async (path) => {
      const doing = `read the free space of ${path}`
      check('space', doing, path)
      if (!nodes.has(follow(path, true, doing))) fail('ENOENT', doing, path)
      return {...space}
    },
  }
}

function newNode(kind: Node['kind'], mode: number, data: Buffer = Buffer.alloc(0)): Node {
  return {kind, data, target: '', mode, mtimeMs: Date.now()}
}

function statOf(node: Node): FileStat {
  const sizeBytes = node.kind === 'symlink' ? node.target.length : node.data.length
  return {kind: node.kind, sizeBytes, allocatedBytes: Math.ceil(sizeBytes / 4096) * 4096, mtimeMs: node.mtimeMs, mode: node.mode, uid: 0}
}
