// The keys virtiofs[n] of qm.conf: folders of the host that the guest mounts, by the names that mapping/directory.cfg gives them.
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {readProperties} from '../../read-properties.ts'

export const virtiofsFormat = {
  dirid: {
    type: 'string', format: 'pve-configid', defaultKey: true, placeholder: 'mapping-id',
    description: 'The name of the folder in mapping/directory.cfg, which the guest mounts it by: `mount -t virtiofs NAME /mnt`.',
  },
  cache: {
    type: 'string', enum: ['always', 'auto', 'metadata', 'never'], default: 'auto', optional: true,
    description: 'What the guest may keep in its cache: everything, what it has looked at a moment ago, only names and sizes, or nothing.',
  },
  'direct-io': {type: 'boolean', default: false, optional: true, description: 'Whether O_DIRECT of the guest\'s programs reaches the host\'s files.'},
  'expose-acl': {type: 'boolean', default: false, optional: true, description: 'Whether the guest sees POSIX ACLs, and with them extended attributes.'},
  'expose-xattr': {type: 'boolean', default: false, optional: true, description: 'Whether the guest sees extended attributes.'},
} as const satisfies PropertyFormat

export const virtiofsCount = 10
export const virtiofsKeys: readonly string[] = Array.from({length: virtiofsCount}, (_, index) => `virtiofs${index}`)

export const virtiofsParams = {
  'virtiofs[n]': {
    type: 'string', optional: true, format: virtiofsFormat, index: {min: 0, max: virtiofsCount - 1},
    description: 'A folder of the host that the guest mounts by virtiofs (n is 0 to 9).',
  },
} as const satisfies Params

export type VirtiofsSettings = Values<typeof virtiofsFormat>

export function readVirtiofs(key: string, text: string): VirtiofsSettings {
  return readProperties(key, text, virtiofsFormat)
}
