// Guests of a Proxmox VE installation, as they come over: their configurations stay byte for byte what they were. What of them cannot be
// carried out here is told; what is not theirs to have (a VMID that is taken) is left.
import {AppError, errorChain} from '../../base/index.ts'
import {openConfigured, parseVolumeId} from '../../storage/index.ts'
import type {Storage, StorageConfig} from '../../storage/index.ts'
import type {Context, WantedFile} from '../../tasks/index.ts'
import {parseQemuConfig, unsupportedKeys} from '../qemu/config/index.ts'
import {readBridgeMtus} from '../qemu/facts/bridges.ts'
import {claimVmid} from '../qemu/guest-files.ts'
import {referencedVolumes} from '../qemu/pending.ts'
import type {GuestConfig} from '../guest-config.ts'
import type {PveTree} from './pve-tree.ts'

export interface FoundGuest {
  readonly vmid: number
  readonly type: 'qemu' | 'lxc'
  /** The node that it was on. */
  readonly node: string
  readonly text: string
}

export interface TakenGuests {
  readonly files: readonly WantedFile[]
  readonly vmids: readonly number[]
  /** What was done, a line each. */
  readonly lines: readonly string[]
  /** What there is to look at, a sentence each. */
  readonly notes: readonly string[]
}

/** All guests in the tree, by VMID. */
export function guestsIn({files}: Pick<PveTree, 'files'>): FoundGuest[] {
  const found = [...files].flatMap(([path, text]): FoundGuest[] => {
    const [, node = '', folder, vmid] = /^nodes\/([^/]+)\/(qemu-server|lxc)\/(\d+)\.conf$/.exec(path) ?? []
    return vmid === undefined ? [] : [{vmid: Number(vmid), type: folder === 'lxc' ? 'lxc' : 'qemu', node, text}]
  })
  return found.sort((a, b) => a.vmid - b.vmid)
}

/**
 * @param storages as they will be once the import is done
 */
export async function takeGuests(guests: readonly FoundGuest[], storages: Readonly<Record<string, StorageConfig>>, context: Context): Promise<TakenGuests> {
  const files: WantedFile[] = []
  const vmids: number[] = []
  const lines: string[] = []
  const notes: string[] = []
  const volumes = new VolumeLook(storages, context)
  for (const guest of guests) {
    const {vmid, type} = guest
    const what = type === 'lxc' ? `container ${vmid}` : `virtual machine ${vmid}`
    try {
      const config = type === 'qemu' ? parseQemuConfig(guest.text) : undefined
      if (vmids.includes(vmid)) throw new AppError('conflict', 'another guest in the tree has the same number')
      const claim = await claimVmid(vmid, type, context)
      files.push(claim, {path: `nodes/${context.node}/${type === 'lxc' ? 'lxc' : 'qemu-server'}/${vmid}.conf`, was: undefined, text: guest.text})
      vmids.push(vmid)
      const name = config?.current.values['name'] ?? /^hostname: *(\S+)/m.exec(guest.text)?.[1]
      lines.push(`${what}${name === undefined ? '' : ` (${name})`} taken over from ${guest.node}`)
      notes.push(...(config === undefined ? [`${what}: containers are kept, but cannot be run yet`] : await notesOn(what, config, volumes, context)))
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
      notes.push(`${what} of ${guest.node} is not taken over: ${errorChain(error).join(': ')}`)
    }
  }
  return {files, vmids, lines, notes}
}

async function notesOn(what: string, config: GuestConfig, volumes: VolumeLook, context: Context): Promise<string[]> {
  const {values} = config.current
  const notes = unsupportedKeys(config).map(({key, reason}) => `'${key}' will be refused at its start (${reason})`)
  if (values['lock'] !== undefined) notes.push(`it is locked (${values['lock']}), which \`qm unlock\` takes away`)
  if (values['args'] !== undefined) notes.push("'args' goes to QEMU as it is; look whether stock QEMU knows it")
  const machine = /\+pve\d+/.exec(values['machine'] ?? '')?.[0]
  if (machine !== undefined) notes.push(`stock QEMU has no machine version '${machine}'; the version without it is used`)
  notes.push(...await missingBridges(values, context), ...await volumes.missing(config))
  return notes.map((note) => `${what}: ${note}`)
}

/** By the text alone, since cards with settings that are refused here are to be told of as well. */
async function missingBridges(values: Readonly<Record<string, string>>, {host}: Context): Promise<string[]> {
  const cards = Object.entries(values).flatMap(([key, value]) => {
    const bridge = /^net\d+$/.test(key) ? value.split(',').find((part) => part.startsWith('bridge='))?.slice('bridge='.length) : undefined
    return bridge === undefined ? [] : [{key, bridge}]
  })
  const known = await readBridgeMtus(host, cards.map(({bridge}) => bridge))
  return cards.filter(({bridge}) => known[bridge] === undefined).map(({key, bridge}) => `${key} needs the bridge '${bridge.slice(0, 64)}', which this host has not`)
}

/** Looks for the volumes of guests on the storages that there will be. Each storage is opened once. */
class VolumeLook {
  readonly #storages: Readonly<Record<string, StorageConfig>>
  readonly #context: Context
  readonly #open = new Map<string, Promise<Storage | string>>()

  constructor(storages: Readonly<Record<string, StorageConfig>>, context: Context) {
    this.#storages = storages
    this.#context = context
  }

  async missing(config: GuestConfig): Promise<string[]> {
    const notes: string[] = []
    for (const volume of referencedVolumes(config)) {
      const reason = await this.#reasonAgainst(volume)
      if (reason !== undefined) notes.push(`its volume ${volume} ${reason}`)
    }
    return notes
  }

  async #reasonAgainst(volume: string): Promise<string | undefined> {
    try {
      const id = parseVolumeId(volume)
      const storage = await this.#storage(id.storage)
      if (typeof storage === 'string') return storage
      storage.parseName(id.name)
      return await storage.exists(id) ? undefined : 'was not found'
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'cancelled') throw error
      return `could not be looked for: ${errorChain(error).join(': ')}`
    }
  }

  #storage(name: string): Promise<Storage | string> {
    const known = this.#open.get(name)
    if (known !== undefined) return known
    const config = Object.hasOwn(this.#storages, name) ? this.#storages[name] : undefined
    const opened = config === undefined ? Promise.resolve(`is on the storage '${name}', which does not exist here`)
      : openConfigured(config, this.#context).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error
        return `is on the storage '${name}', which cannot be used: ${errorChain(error).join(': ')}`
      })
    this.#open.set(name, opened)
    return opened
  }
}
