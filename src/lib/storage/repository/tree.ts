// A tree: the files of one folder in a repository, each with the blobs that make it up, in their order. Pure. The layout is that of restic's design document ("Trees and
// Data"). A disk is a file whose blobs all have one size but the last; so the place of a block is known without reading what comes before it.
import {InvalidInputError} from '../../base/index.ts'
import {countOf, idOf, listOf, objectOf, parseObject, textOf} from './json-records.ts'

export interface TreeFile {
  readonly type: 'file'
  readonly name: string
  readonly sizeBytes: number
  readonly modifiedAtMs: number
  /** Permission bits. */
  readonly mode: number
  /** The blobs. */
  readonly content: readonly string[]
}

export interface TreeFolder {
  readonly type: 'dir'
  readonly name: string
  readonly modifiedAtMs: number
  readonly mode: number
  /** The tree of what is in it. */
  readonly subtree: string
}

export type TreeNode = TreeFile | TreeFolder

/** Go's bit of a folder in a file mode. */
const goFolderBit = 2 ** 31

/** As JSON. Names are in their byte order and each once, as other programs want them. */
export function formatTree(nodes: readonly TreeNode[]): Buffer {
  return Buffer.from(`${JSON.stringify({nodes: inByteOrder(nodes).map((node) => {
    const time = new Date(node.modifiedAtMs).toISOString()
    const common = {name: quotedName(node.name), type: node.type, mode: node.type === 'dir' ? node.mode + goFolderBit : node.mode, mtime: time, atime: time, ctime: time, uid: 0, gid: 0, user: 'root', group: 'root'}
    return node.type === 'dir' ? {...common, content: null, subtree: node.subtree} : {...common, links: 1, size: node.sizeBytes, content: node.content}
  })})}\n`)
}

/** Files and folders in the order of their names, whatever order they came in; what else a tree holds (links, devices) is left out. @throws InvalidInputError */
export function parseTree(data: Buffer): TreeNode[] {
  const nodes = listOf(parseObject(data, 'a tree')['nodes'], 'a tree', (value) => {
    const node = objectOf(value, 'an entry of a tree')
    const name = plainName(textOf(node['name'], 'a name in a tree'))
    const modifiedAtMs = Date.parse(String(node['mtime']))
    const common = {name, modifiedAtMs: Number.isNaN(modifiedAtMs) ? 0 : modifiedAtMs, mode: countOf(node['mode'] ?? 0, 'a mode in a tree', 2 ** 32) & 0o7777}
    switch (node['type']) {
      case 'dir': return [{...common, type: 'dir' as const, subtree: idOf(node['subtree'], 'a folder in a tree')}]
      case 'file': return [{...common, type: 'file' as const, sizeBytes: countOf(node['size'] ?? 0, 'a size in a tree'), content: listOf(node['content'], 'a file in a tree', (id) => idOf(id, 'a blob in a tree'))}]
      default: return []
    }
  }).flat()
  if (new Set(nodes.map(({name}) => name)).size !== nodes.length) throw new InvalidInputError('a tree of the repository holds a name twice')
  return inByteOrder(nodes)
}

function inByteOrder(nodes: readonly TreeNode[]): TreeNode[] {
  return nodes.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
}

/** Names are kept as Go's strconv.Quote writes them, without the quotes. Those that we write need none of it. @throws InvalidInputError */
function quotedName(name: string): string {
  if (!/^[\w.+@:-]+$/.test(name) || name === '.' || name === '..') throw new InvalidInputError(`'${name}' cannot be the name of a file in a repository`)
  return name
}

/** @throws InvalidInputError for a name that leads elsewhere */
function plainName(name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) throw new InvalidInputError('a tree of the repository holds a name that cannot be')
  return name
}
