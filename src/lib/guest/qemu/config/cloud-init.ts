// The keys of qm.conf that cloud-init gets in the guest; ../cloud-init/ makes files of them.
import type {Params, PropertyFormat} from '../../../spec/index.ts'

const snippet = (what: string) => ({
  type: 'string', format: 'pve-volume-id', optional: true, placeholder: 'volume', completion: 'volume',
  description: `The volume with ${what}, instead of those that are made from the other keys.`,
}) as const

export const cicustomFormat = {
  meta: snippet('the metadata'), network: snippet('the network settings'), user: snippet('the user data'), vendor: snippet('the vendor data'),
} as const satisfies PropertyFormat

export const addressFormat = {
  gw: {type: 'string', format: 'ipv4', optional: true, requires: 'ip', placeholder: 'GatewayIPv4', description: 'The default gateway for IPv4.'},
  gw6: {type: 'string', format: 'ipv6', optional: true, requires: 'ip6', placeholder: 'GatewayIPv6', description: 'The default gateway for IPv6.'},
  ip: {type: 'string', format: 'pve-ipv4-config', default: 'dhcp', optional: true, placeholder: 'IPv4Format/CIDR', description: 'The address with the length of its network, `dhcp` or `manual`.'},
  ip6: {
    type: 'string', format: 'pve-ipv6-config', default: 'dhcp', optional: true, placeholder: 'IPv6Format/CIDR',
    description: 'The address with the length of its network, `auto`, `dhcp` or `manual`.',
  },
} as const satisfies PropertyFormat

/** As many as there are network cards. */
const addressCount = 32

export const cloudInitParams = {
  cicustom: {type: 'string', optional: true, format: cicustomFormat, description: 'Files of your own for cloud-init.'},
  cipassword: {
    type: 'string', maxLength: 1024, optional: true, secret: true, placeholder: 'password',
    description: 'The password of the user in the guest. Only its hash is kept. Keys (`sshkeys`) are the better way in.',
  },
  citype: {
    type: 'string', enum: ['configdrive2', 'nocloud', 'opennebula'], optional: true, defaultText: 'nocloud for Linux, configdrive2 for Windows',
    description: 'The form in which cloud-init is told.',
  },
  ciupgrade: {type: 'boolean', default: true, optional: true, description: 'Whether packages are upgraded at the first boot.'},
  ciuser: {type: 'string', maxLength: 256, optional: true, placeholder: 'user', description: 'The user that gets the keys and the password, instead of the one that the image brings.'},
  'ipconfig[n]': {
    type: 'string', optional: true, format: addressFormat, index: {min: 0, max: addressCount - 1},
    description: 'The addresses of the network card of the same number (n is 0 to 31).',
  },
  nameserver: {type: 'string', format: 'address-list', optional: true, placeholder: 'addresses', description: 'The DNS servers of the guest; those of the host when not set.'},
  searchdomain: {type: 'string', maxLength: 1024, optional: true, placeholder: 'domains', description: 'The domains in which names are looked up; those of the host when not set.'},
  sshkeys: {
    type: 'string', format: 'urlencoded', maxLength: 65_536, optional: true, fromFile: true, placeholder: 'filepath',
    description: 'A file with public SSH keys, one a line, that let the user in.',
  },
} as const satisfies Params
