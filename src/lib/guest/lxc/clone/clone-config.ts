// From the configuration of a container, or of a snapshot of it, to that of its clone: what is copied, what is left out, and what is drawn anew. Volumes are
// planned apart (clone-volumes.ts).
import type {Store} from '../../../store/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {isMountKey, isUnusedKey} from '../config/index.ts'
import {storedValues} from '../values.ts'

/** What belongs to the source alone: its state, its place in its snapshots, what works on it, and its being a template. */
const ownKeys: readonly string[] = ['lock', 'template', 'parent', 'snaptime', 'snapstate', 'vmstate', 'digest']

export interface CloneWish {
  readonly hostname?: string | undefined
  readonly description?: string | undefined
}

/** The clone's configuration without its volumes. Raw lines for LXC, such as id maps, are the source's. */
export async function cloneConfig(source: ConfigSection, {hostname, description = source.description}: CloneWish, store: Pick<Store, 'read' | 'list'>): Promise<ConfigSection> {
  const kept = Object.entries(source.values).filter(([key]) => !ownKeys.includes(key) && !isUnusedKey(key) && !isMountKey(key))
  const nets = kept.filter(([key]) => /^net\d+$/.test(key)).map(([key, text]) => [key, withoutAddress(text)] as const)
  const values = {...Object.fromEntries(kept), ...await storedValues(Object.fromEntries(nets), {}, store), ...(hostname === undefined ? {} : {hostname})}
  return {values, ...(description === undefined || description === '' ? {} : {description}), ...(source.raw === undefined ? {} : {raw: source.raw})}
}

/** So that a new one is made up. */
function withoutAddress(text: string): string {
  return text.split(',').filter((part) => !part.startsWith('hwaddr=')).join(',')
}
