// The plan of an import from Proxmox VE: one commit of all files, so that it happens whole or not at all. Looks and changes nothing.
import {InvalidInputError, UnsupportedError} from '../../base/index.ts'
import {maxChangeBytes, maxChangePaths} from '../../store/index.ts'
import {storeCommitStep} from '../../tasks/index.ts'
import type {Context, Plan, WantedFile} from '../../tasks/index.ts'
import {userConfigPath} from '../pools.ts'
import {listAllGuests} from '../qemu/guest-files.ts'
import {guestsIn, takeGuests} from './guests.ts'
import type {FoundGuest} from './guests.ts'
import {otherLines, withPools} from './pools.ts'
import type {PveTree} from './pve-tree.ts'
import {takeSettings} from './settings.ts'
import {takeStorages} from './storages.ts'

export interface PveImportWish {
  /** The node whose guests come over; the only one that has any when absent. */
  readonly node?: string
  /** Only these guests. */
  readonly vmids?: readonly number[]
  readonly storages: boolean
  readonly pools: boolean
  readonly settings: boolean
  readonly secrets: boolean
  readonly overwrite: boolean
}

/** @throws InvalidInputError for a node or a guest that is not in the tree; UnsupportedError when it is too much for one commit */
export async function planPveImport(tree: PveTree, wish: PveImportWish, context: Context): Promise<Plan> {
  for (const problem of tree.problems) context.log.warn(problem)
  const all = guestsIn(tree)
  const node = chosenNode(tree, all, wish.node)
  const nodes = new Map(node === undefined ? [] : [[node, context.node]])
  const chosen = chosenGuests(all.filter((guest) => guest.node === node), wish.vmids, node)
  const inUse = (await listAllGuests(context.store)).map(({file}) => file.data)
  const storages = await takeStorages(wish.storages ? tree : {...tree, files: new Map()}, {
    nodes, overwrite: wish.overwrite, withSecrets: wish.secrets, isInUse: (name) => inUse.some((text) => text.includes(`: ${name}:`) || text.includes(`=${name}:`)),
  }, context)
  const guests = await takeGuests(chosen, storages.storages, context)
  const pools = wish.pools ? await takePools(tree, guests.vmids, context) : {files: [], lines: [], notes: []}
  const settings = wish.settings ? await takeSettings(tree, {nodes, vmids: guests.vmids, overwrite: wish.overwrite}, context) : {files: [], lines: [], notes: []}
  const parts = [storages, guests, pools, settings]
  for (const note of parts.flatMap(({notes}) => notes)) context.log.warn(note)
  const files = parts.flatMap((part): readonly WantedFile[] => part.files)
  checkSize(files)
  const lines = parts.flatMap((part): readonly string[] => part.lines)
  return {
    steps: files.length === 0 ? [] : [storeCommitStep(files)], whenInterrupted: 'undo',
    result: lines.length === 0 ? ['There is nothing to be taken over.'] : lines,
  }
}

function chosenNode(tree: PveTree, guests: readonly FoundGuest[], wanted: string | undefined): string | undefined {
  const withGuests = [...new Set(guests.map(({node}) => node))].sort()
  const known = [...new Set([...tree.files.keys()].flatMap((path) => /^nodes\/([^/]+)\//.exec(path)?.[1] ?? []))]
  if (wanted !== undefined) {
    if (!known.includes(wanted)) throw new InvalidInputError(`there is no node '${wanted}'; there are ${known.sort().join(', ') || 'none'}`, {node: 'is not among the nodes'})
    return wanted
  }
  if (withGuests.length > 1) {
    throw new InvalidInputError(`there are guests of several nodes: ${withGuests.join(', ')}`, {node: 'is needed'}, {nextSteps: [`Say whose come over: --node ${withGuests[0] ?? ''}`]})
  }
  return withGuests[0] ?? known[0]
}

function chosenGuests(guests: readonly FoundGuest[], vmids: readonly number[] | undefined, node: string | undefined): readonly FoundGuest[] {
  if (vmids === undefined) return guests
  const missing = vmids.find((vmid) => guests.every((guest) => guest.vmid !== vmid))
  if (missing !== undefined) throw new InvalidInputError(`there is no guest ${missing} of node '${node ?? ''}' in it`, {vmid: `${missing} is not there`})
  return guests.filter(({vmid}) => vmids.includes(vmid))
}

async function takePools(tree: PveTree, vmids: readonly number[], {store}: Context): Promise<{files: WantedFile[]; lines: string[]; notes: string[]}> {
  const theirs = tree.files.get(userConfigPath)
  if (theirs === undefined) return {files: [], lines: [], notes: []}
  const was = await store.read(userConfigPath)
  const {text, names} = withPools(was?.data ?? '', theirs, vmids)
  const others = otherLines(theirs)
  return {
    files: text === (was?.data ?? '') ? [] : [{path: userConfigPath, was, text}],
    lines: names.map((name) => `pool ${name} taken over`),
    notes: others.length === 0 ? [] : [`${others.join(', ')} of user.cfg are not taken over: there are none here yet`],
  }
}

function checkSize(files: readonly WantedFile[]): void {
  const bytes = files.reduce((sum, {text}) => sum + Buffer.byteLength(text ?? ''), 0)
  if (files.length <= maxChangePaths && bytes <= maxChangeBytes) return
  throw new UnsupportedError(`this is too much for one step: ${files.length} files with ${bytes} bytes; ${maxChangePaths} files and ${maxChangeBytes} bytes are possible`, {
    nextSteps: ['Take over some guests at a time: --vmid 100,101,…'],
  })
}
