// What is told of a virtual machine by `qm status --verbose` and `qm list`, described for programs. The names are Proxmox VE's.
import type {Params} from '../../spec/index.ts'

const counters = {type: 'object', additionalProperties: {type: 'any'}} as const

/** What is known without asking the machine. */
export const statusProperties = {
  vmid: {type: 'integer', description: 'Its number.'},
  name: {type: 'string', description: 'Its name.'},
  status: {type: 'string', enum: ['running', 'stopped'], description: 'Whether its QEMU runs.'},
  qmpstatus: {type: 'string', description: 'QEMU\'s own word for a running machine: `running`, `paused`, `prelaunch`, and others.'},
  cpus: {type: 'number', description: 'How many processors it has.'},
  maxmem: {type: 'integer', description: 'Its memory in bytes.'},
  maxdisk: {type: 'integer', description: 'The size of the disk that it boots from, in bytes.'},
  uptime: {type: 'integer', description: 'Seconds since its start.'},
  mem: {type: 'integer', description: 'Memory that its QEMU takes, in bytes.'},
  disk: {type: 'integer', description: 'Always 0, as with Proxmox VE.'},
  netin: {type: 'integer', description: 'Bytes that came in over its network cards.'},
  netout: {type: 'integer', description: 'Bytes that went out over its network cards.'},
  diskread: {type: 'integer', description: 'Bytes read from its disks.'},
  diskwrite: {type: 'integer', description: 'Bytes written to its disks.'},
  pid: {type: 'integer', optional: true, description: 'The number of its process, while it runs.'},
  tags: {type: 'string', optional: true, description: 'Its tags.'},
  lock: {type: 'string', optional: true, description: 'The lock that its configuration carries.'},
  template: {type: 'integer', optional: true, description: '1 for a template.'},
} as const satisfies Params

/** What a running machine adds when it is asked for everything. */
export const runningProperties = {
  balloon: {type: 'integer', optional: true, description: 'The memory that its balloon leaves it, in bytes.'},
  ballooninfo: {...counters, optional: true, description: 'What the balloon tells.'},
  blockstat: {type: 'object', optional: true, additionalProperties: counters, description: 'What QEMU counts, for each drive.'},
  nics: {type: 'object', optional: true, additionalProperties: counters, description: 'Bytes in and out, for each network card.'},
  'guest-agent': {type: 'string', enum: ['answers', 'silent'], optional: true, description: 'Whether the agent in the guest answered in time; only where there is to be one.'},
  'guest-hostname': {type: 'string', optional: true, description: 'The name that the guest has, as its agent says.'},
  'guest-os': {type: 'string', optional: true, description: 'The system of the guest, as its agent says.'},
  'guest-addresses': {
    type: 'object', optional: true, additionalProperties: {type: 'array', items: {type: 'string'}},
    description: 'The addresses of the guest with their prefix lengths, by network interface, as its agent says.',
  },
  'running-machine': {type: 'string', optional: true, description: 'The machine type with which it was started.'},
  'running-qemu': {type: 'string', optional: true, description: 'The version of its QEMU.'},
} as const satisfies Params

/** All of a schema's properties may be absent. */
export function optionalProperties(properties: Params): Params {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, {...schema, optional: true}]))
}
