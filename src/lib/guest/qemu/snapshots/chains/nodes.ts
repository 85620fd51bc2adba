// A running QEMU and a disk whose snapshots are files of their own: which of its nodes has the disk open, and how it is told to go on in a new file
// (QEMU's QMP reference: blockdev-add, blockdev-snapshot, blockdev-reopen, block-stream). Pure.
//
// QEMU keeps the name by which it opened a file, and opens it by that name again when a node becomes read only or writable: after a rename that is
// another file. So each node is given a file node with the name that is right now: after the switch, the disk's and the snapshot's (settleCommands).

/** The nodes of one snapshot of a drive: the new image on top, its file for a moment and for good, and the image below. */
export interface ChainNodes {
  readonly overlay: string
  readonly passing: string
  readonly file: string
  readonly below: string
}

export interface BlockNode {
  readonly name: string
  readonly driver: string
  readonly isReadOnly: boolean
  /** The file below the image; undefined where QEMU names none. */
  readonly file: string | undefined
}

export interface QmpCommand { readonly execute: string; readonly arguments: Readonly<Record<string, unknown>> }

/** How a start would open the disk: the image, and the file below it. */
export type ImageOptions = Readonly<Record<string, unknown>> & {readonly file: Readonly<Record<string, unknown>>}

/** @param tag tells the nodes of several snapshots apart: six digits */
export function chainNodes(key: string, tag: string): ChainNodes {
  return {overlay: `co-${key}-${tag}`, passing: `ct-${key}-${tag}`, file: `cf-${key}-${tag}`, below: `cs-${key}-${tag}`}
}

/** The nodes to which the node on top of a drive belongs; undefined for one that a start made. */
export function nodesOfOverlay(name: string, key: string): ChainNodes | undefined {
  const tag = name.startsWith(`co-${key}-`) ? name.slice(`co-${key}-`.length) : ''
  return /^[0-9a-f]{6}$/.test(tag) ? chainNodes(key, tag) : undefined
}

export function isChainNodeOf(name: string, key: string): boolean {
  return /^c[ofst]-/.test(name) && name.slice(3).startsWith(`${key}-`)
}

/** What is no node in the answer to query-named-block-nodes is left out. */
export function readBlockNodes(answer: unknown): BlockNode[] {
  if (!Array.isArray(answer)) return []
  return answer.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return []
    const {'node-name': name, drv, ro, file} = item as Record<string, unknown>
    return typeof name === 'string' && typeof drv === 'string' ? [{name, driver: drv, isReadOnly: ro === true, file: plainFile(file)}] : []
  })
}

/** QEMU names an image by its file, or by its options where those differ from what its header says. */
function plainFile(file: unknown): string | undefined {
  if (typeof file !== 'string' || !file.startsWith('json:')) return typeof file === 'string' ? file : undefined
  try {
    const {file: below} = JSON.parse(file.slice('json:'.length)) as {file?: {filename?: unknown}}
    return typeof below?.filename === 'string' ? below.filename : undefined
  } catch {
    return undefined
  }
}

/** The image that the guest writes to; undefined when this QEMU does not have the disk open. */
export function activeImage(nodes: readonly BlockNode[], {disk, overlay}: {readonly disk: string; readonly overlay: string}): BlockNode | undefined {
  return nodes.find(({driver, isReadOnly, file}) => driver === 'qcow2' && !isReadOnly && (file === disk || file === overlay))
}

/** Adds the image that QEMU is to go on in; without its backing file, which the transaction gives it. */
export function overlayCommand({file, ...image}: ImageOptions, path: string, nodes: ChainNodes): QmpCommand {
  return {execute: 'blockdev-add', arguments: {...image, 'node-name': nodes.overlay, backing: null, file: {...without(file, 'node-name'), filename: path}}}
}

/** Of all disks or of none. */
export function switchCommand(switches: readonly {readonly node: string; readonly overlay: string}[]): QmpCommand {
  return {execute: 'transaction', arguments: {actions: switches.map((data) => ({type: 'blockdev-snapshot', data}))}}
}

/**
 * What gives the nodes the right names once the new file has the disk's. Two nodes may not hold the lock of one file, so the image passes over one
 * without a lock. Each is left out that was done already, so that it can be gone on with.
 */
export function settleCommands({file, ...image}: ImageOptions, paths: {readonly disk: string; readonly snapshot: string}, nodes: ChainNodes, present: ReadonlySet<string>): QmpCommand[] {
  const add = (args: Readonly<Record<string, unknown>>): QmpCommand[] => (present.has(String(args['node-name'])) ? [] : [{execute: 'blockdev-add', arguments: args}])
  const reopen = (over: string): QmpCommand => ({execute: 'blockdev-reopen', arguments: {options: [{...image, 'node-name': nodes.overlay, file: over, backing: nodes.below}]}})
  const ofDisk = {...without(file, 'node-name'), filename: paths.disk}
  const below = {
    ...without(image, 'detect-zeroes'), 'node-name': nodes.below, 'read-only': true,
    file: {...without(file, 'node-name'), filename: paths.snapshot, 'read-only': false, 'auto-read-only': true},
  }
  return [
    ...(present.has(nodes.file) ? [] : [...add(below), ...add({...ofDisk, 'node-name': nodes.passing, locking: 'off'}), reopen(nodes.passing)]),
    ...add({...ofDisk, 'node-name': nodes.file}), reopen(nodes.file),
    {execute: 'blockdev-del', arguments: {'node-name': nodes.passing}},
  ]
}

function without(options: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(options).filter(([option]) => option !== name))
}
