// From the configuration of a machine, or of a snapshot of it, to that of its clone: what is copied, what is left out, and what is drawn
// anew, because two machines must not have it in common. Drives are planned apart (clone-drives.ts). Pure but for the values drawn.
import type {ConfigSection} from '../../guest-config.ts'
import type {ValueSources} from '../config-values.ts'
import {withProperty} from '../config-values.ts'
import {isDriveKey} from '../config/index.ts'
import {isUnusedKey} from '../drives/drive-text.ts'

/** What belongs to the source alone: its state, its place in its snapshots, what works on it, and its being a template. */
const ownKeys: readonly string[] = [
  'lock', 'template', 'parent', 'snaptime', 'snapstate', 'vmstate', 'runningcpu', 'runningmachine', 'running-nets-host-mtu', 'digest',
]
/** A label of a host name (RFC 1035). */
const maxLabelLength = 63

export interface CloneWish {
  readonly name?: string | undefined
  readonly description?: string | undefined
}

/** The clone's configuration without its drives. */
export async function cloneConfig(vmid: number, source: ConfigSection, {name, description = source.description}: CloneWish, sources: ValueSources): Promise<ConfigSection> {
  const values: Record<string, string> = {name: name ?? defaultName(vmid, source.values['name'])}
  for (const [key, text] of Object.entries(source.values)) {
    if (ownKeys.includes(key) || isUnusedKey(key) || isDriveKey(key) || key === 'name') continue
    values[key] = await clonedValue(key, text, sources)
  }
  values['smbios1'] ??= `uuid=${sources.newUuid()}`
  return {values, ...(description === undefined || description === '' ? {} : {description})}
}

async function clonedValue(key: string, text: string, sources: ValueSources): Promise<string> {
  if (/^net\d+$/.test(key)) return withProperty(key, text, 'macaddr', await sources.newMac())
  if (key === 'smbios1') return withProperty(key, text, 'uuid', sources.newUuid())
  // Windows and others look at this number to learn that they were copied; `0` turns it off.
  if (key === 'vmgenid' && text !== '0') return sources.newUuid()
  return text
}

/** As in Proxmox VE, but no longer than a name may be. */
function defaultName(vmid: number, name: string | undefined): string {
  const [label = '', ...domain] = `Copy-of-VM-${name ?? vmid}`.split('.')
  let first = label.slice(0, maxLabelLength)
  while (first.endsWith('-')) first = first.slice(0, -1)
  return [first, ...domain].join('.')
}
