// The network keys of qm.conf: net[n] with their sub-properties, and their reading.
import {InvalidInputError} from '../../../base/index.ts'
import {notBuiltYet} from '../../../spec/index.ts'
import type {Params, PropertyFormat, Values} from '../../../spec/index.ts'
import {readProperties} from '../../read-properties.ts'

export const nicModels = [
  'e1000', 'e1000-82540em', 'e1000-82544gc', 'e1000-82545em', 'e1000e', 'i82551', 'i82557b', 'i82559er', 'ne2k_isa', 'ne2k_pci', 'pcnet', 'rtl8139',
  'virtio', 'vmxnet3',
] as const

type ModelAliases = {readonly [M in (typeof nicModels)[number]]: {readonly alias: 'macaddr'; readonly keyAlias: 'model'; readonly optional: true}}
/** `virtio=BC:24:11:…` stands for `model=virtio,macaddr=BC:24:11:…`. */
const modelAliases = Object.fromEntries(nicModels.map(model => [model, {alias: 'macaddr', keyAlias: 'model', optional: true}])) as unknown as ModelAliases

export const netFormat = {
  model: {
    type: 'string', enum: nicModels, defaultKey: true,
    description: 'The card that the guest sees. `virtio` is the fastest and needs a driver in the guest; `e1000` is understood by nearly all.',
  },
  ...modelAliases,
  bridge: {
    type: 'string', format: 'pve-bridge-id', optional: true, placeholder: 'bridge', completion: 'bridge',
    description: 'The bridge of the host that the card is plugged into. Without it the guest is behind a NAT made by QEMU.',
  },
  link_down: {type: 'boolean', optional: true, description: 'Whether the cable is unplugged.'},
  macaddr: {
    type: 'string', format: 'mac-addr', optional: true, placeholder: 'XX:XX:XX:XX:XX:XX',
    description: 'The hardware address, a unicast one. One is made up when the card is added without it.',
  },
  mtu: {
    type: 'integer', minimum: 1, maximum: 65520, optional: true,
    description: 'The MTU told to the guest, for `virtio` on a bridge; 1, or nothing, takes the MTU of the bridge.',
  },
  queues: {type: 'integer', minimum: 0, maximum: 64, optional: true, description: 'Number of packet queues, for `virtio`.'},
  rate: {type: 'number', minimum: 0, optional: true, description: 'Limit of the card in megabytes a second.'},
  tag: {type: 'integer', minimum: 1, maximum: 4094, optional: true, description: 'The VLAN that the card is in, on a bridge that keeps VLANs apart (`vlan_filtering 1`).'},
  trunks: {type: 'string', pattern: '\\d+(?:-\\d+)?(?:;\\d+(?:-\\d+)?)*', maxLength: 2000, optional: true, placeholder: 'vlanid[;vlanid...]', description: 'The VLANs whose frames the card sees with their tags, such as `2;10-20`, on such a bridge.'},
  [notBuiltYet]: {
    firewall: {reason: 'the firewall is not built yet', offAsksNothing: true},
  },
} as const satisfies PropertyFormat

export const netCount = 32

export const netParams = {
  'net[n]': {type: 'string', optional: true, format: netFormat, index: {min: 0, max: netCount - 1}, description: 'A network card (n is 0 to 31).'},
} as const satisfies Params

export interface Nic {
  readonly key: string
  readonly index: number
  readonly model: (typeof nicModels)[number]
  readonly macaddr: string | undefined
  readonly bridge?: string | undefined
  readonly linkDown: boolean
  readonly mtu?: number | undefined
  readonly queues?: number | undefined
  /** Megabytes a second. */
  readonly rate?: number | undefined
  readonly tag?: number | undefined
  /** `2`, `10-20`. */
  readonly trunks?: readonly string[] | undefined
}

/**
 * Reads the value of a net key.
 * @throws InvalidInputError naming the key and what is wrong with it
 */
export function readNic(key: string, text: string): Nic {
  const match = /^net(\d{1,2})$/.exec(key)
  if (match === null || Number(match[1]) >= netCount) throw new InvalidInputError(`'${key}' is not a network card`, {[key]: 'is not a network card'})
  const values: Values<typeof netFormat> = readProperties(key, text, netFormat)
  return {
    key, index: Number(match[1]), model: values.model, macaddr: values.macaddr, bridge: values.bridge,
    linkDown: values.link_down ?? false, mtu: values.mtu, queues: values.queues, rate: values.rate,
    tag: values.tag, trunks: values.trunks?.split(';'),
  }
}
