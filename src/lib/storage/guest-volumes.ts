// Which guests refer to a volume, from the texts of their configurations. It knows of a guest's file only that a line is `key: value`
// and that a value may begin with a volume id or a path; what keys mean is the guest drivers' business.
import type {Store, StoredFile} from '../store/index.ts'

export interface VolumeReference {
  /** The configuration file. */
  readonly path: string
  readonly vmid: number
  readonly key: string
  /** What stands there: a volume id or an absolute path. */
  readonly value: string
  /** It stands in a snapshot, or among the changes that wait for a restart. */
  readonly section?: string
}

const guestFile = /^nodes\/[^/]+\/(?:qemu-server|lxc)\/([1-9]\d{2,8})\.conf$/

/** The numbers of all containers of all nodes. */
export async function containerNumbers(store: Store): Promise<Set<number>> {
  const files = await store.list('nodes')
  return new Set(files.flatMap(({path}) => path.includes('/lxc/') ? [Number(guestFile.exec(path)?.[1] ?? NaN)] : []).filter(Number.isInteger))
}

/** Everything in the guests' configurations that may be a volume or a path, on all nodes. */
export async function volumeReferences(store: Store): Promise<VolumeReference[]> {
  return (await store.list('nodes')).flatMap(referencesIn)
}

/** Pure. */
export function referencesIn({path, data}: Pick<StoredFile, 'path' | 'data'>): VolumeReference[] {
  const vmid = guestFile.exec(path)?.[1]
  if (vmid === undefined) return []
  const references: VolumeReference[] = []
  let section: string | undefined
  for (const line of data.split('\n')) {
    const head = /^\[(.{1,200})\]\s*$/.exec(line)
    if (head !== null) section = head[1]
    const [, key, text] = /^([a-z][a-z_0-9]*):\s*(\S.*)$/i.exec(line) ?? []
    if (key === undefined || text === undefined) continue
    for (const part of text.split(',')) {
      const value = part.replace(/^(?:file|volume)=/, '').trim()
      if (!/^(?:[a-z][a-z0-9\-_.]*:.|\/)/i.test(value)) continue
      references.push({path, vmid: Number(vmid), key, value, ...(section === undefined ? {} : {section})})
    }
  }
  return references
}
