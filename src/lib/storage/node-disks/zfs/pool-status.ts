// Reads `zpool status -pP`, the one form that ZFS 2.1 and 2.3 both write: what is wrong with a pool in words, and its devices as a tree. Pure.

export interface PoolStatus {
  readonly name: string
  readonly state: string
  /** What is wrong, where something is. */
  readonly status?: string
  /** What can be done about it. */
  readonly action?: string
  /** The page that tells more. */
  readonly see?: string
  /** What the last or the running scrub or resilver says. */
  readonly scan?: string
  readonly errors: string
  /** The pool itself, then `logs`, `cache`, `spares` and the like. */
  readonly children: readonly PoolNode[]
}

export interface PoolNode {
  readonly name: string
  readonly state?: string
  readonly read?: number
  readonly write?: number
  readonly cksum?: number
  /** What ZFS says of it besides: `too many errors`, `was /dev/sdb1`. */
  readonly msg: string
  readonly leaf: boolean
  readonly children?: readonly PoolNode[]
}

/** More lines than a pool of some thousand devices has. */
const maxLines = 100_000
/** Deeper than ZFS nests devices: pool, mirror, spare, replacing, disk. */
const maxDepth = 16

/** undefined: it is not the status of a pool. */
export function parsePoolStatus(text: string): PoolStatus | undefined {
  const paragraphs = paragraphsOf(text.split('\n', maxLines))
  const word = (name: string) => paragraphs.get(name)?.map((line) => line.trim()).join('\n').trim()
  // ZFS breaks these sentences into lines for a terminal.
  const sentence = (name: string) => word(name)?.replace(/\s+/g, ' ')
  const [name, state] = [word('pool'), word('state')]
  if (name === undefined || name === '' || state === undefined) return undefined
  const told = (key: 'status' | 'action' | 'see' | 'scan') => { const value = key === 'scan' ? word(key) : sentence(key); return value === undefined || value === '' ? {} : {[key]: value} }
  return {
    name, state, ...told('status'), ...told('action'), ...told('see'), ...told('scan'),
    errors: word('errors') ?? '', children: treeOf(paragraphs.get('config') ?? []),
  }
}

/**
 * A paragraph begins with its name, aligned to the right, and a colon; its other lines are indented by a tab, and files with errors by eight blanks.
 * A pool comes once: what follows a second `pool:` is left out.
 */
function paragraphsOf(lines: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  let current: string[] | undefined
  for (const line of lines) {
    const [, name, rest = ''] = /^ {0,6}([a-z]{3,12}):(?: (.*))?$/.exec(line) ?? []
    if (name !== undefined) {
      if (found.has(name)) break
      current = [rest]
      found.set(name, current)
    } else {
      current?.push(line)
    }
  }
  return found
}

interface Growing { readonly depth: number; readonly node: PoolNode; readonly children: Growing[] }

/** Lines begin with a tab; two blanks are a level. What has no depth stands beside the pool. */
function treeOf(lines: readonly string[]): PoolNode[] {
  const roots: Growing[] = []
  const path: Growing[] = []
  for (const line of lines) {
    const [, blanks = '', rest = ''] = /^\t( *)(\S.*)$/.exec(line) ?? []
    const depth = blanks.length / 2
    if (rest === '' || /^NAME\s+STATE\s/.test(rest) || depth > maxDepth) continue
    const entry: Growing = {depth, node: nodeOf(rest.trimEnd()), children: []}
    while (path.length > 0 && (path.at(-1)?.depth ?? 0) >= depth) path.pop()
    const above = path.at(-1)
    if (above === undefined) roots.push(entry)
    else above.children.push(entry)
    path.push(entry)
  }
  return roots.map(finished)
}

function nodeOf(line: string): PoolNode {
  const [name = '', state, ...rest] = line.split(/\s+/)
  const counts = rest.slice(0, 3).filter((word) => /^\d{1,20}$/.test(word)).map(Number)
  const [read, write, cksum] = counts
  const hasCounts = read !== undefined && write !== undefined && cksum !== undefined
  return {name, ...(state === undefined ? {} : {state}), ...(hasCounts ? {read, write, cksum} : {}), msg: rest.slice(hasCounts ? 3 : 0).join(' '), leaf: true}
}

function finished({node, children}: Growing): PoolNode {
  return children.length === 0 ? node : {...node, leaf: false, children: children.map(finished)}
}
