// Parameters that many commands share, written once: range, words and completion come with them.
import type {CommandSpec} from './command.ts'
import type {Params, ValueSchema} from './schema.ts'

export const std = {
  vmid: {
    type: 'integer', minimum: 100, maximum: 999_999_999, format: 'pve-vmid', completion: 'vmid', placeholder: 'vmid',
    description: 'The number of the guest, unique in the cluster.',
  },
  node: {type: 'string', format: 'pve-node', optional: true, completion: 'node', placeholder: 'node', description: 'The name of the host.'},
  storage: {type: 'string', format: 'pve-storage-id', completion: 'storage', placeholder: 'storage', description: 'The name of the storage.'},
  volume: {type: 'string', completion: 'volume', placeholder: 'volume', description: 'A volume id, such as `local:100/vm-100-disk-0.qcow2`.'},
  upid: {type: 'string', format: 'pve-upid', completion: 'upid', placeholder: 'upid', description: 'The id of a task.'},
  digest: {
    type: 'string', optional: true, maxLength: 64, pattern: '[0-9a-fA-F]*', placeholder: 'digest',
    description: 'Refuse the change when the configuration is no longer the one with this SHA-1 digest.',
  },
  skiplock: {
    type: 'boolean', optional: true,
    description: 'Ignore the lock that the configuration carries. Only root may do this.',
  },
} as const satisfies Record<string, ValueSchema>

export const outputFormats = ['text', 'json', 'json-pretty', 'yaml'] as const
export type OutputFormat = (typeof outputFormats)[number]

/** How an answer is shown; Proxmox VE calls these FORMAT_OPTIONS. Every command takes them. */
export const formatOptions = {
  'output-format': {type: 'string', enum: outputFormats, default: 'text', placeholder: 'text | json | json-pretty | yaml', description: 'The form of the output.'},
  quiet: {type: 'boolean', optional: true, description: 'Print no result.'},
  noheader: {type: 'boolean', optional: true, default: false, description: 'Leave the column headers out of a table.'},
  noborder: {type: 'boolean', optional: true, default: false, description: 'Draw no lines around the cells of a table.'},
  'human-readable': {
    type: 'boolean', optional: true, default: true,
    description: 'Show sizes, times and durations in units that people read; 0 shows the bare numbers.',
  },
} as const satisfies Params

/** Options that Corral adds where they mean something. */
const ownOptions = {
  'dry-run': {type: 'boolean', optional: true, description: 'Print what would be done (host commands and changes of the configuration) and change nothing.'},
  async: {type: 'boolean', optional: true, description: 'Return as soon as the task is started, printing its id, instead of waiting for its end.'},
  on: {type: 'string', format: 'pve-node', optional: true, placeholder: 'node', completion: 'node', description: 'Run on this host.'},
  context: {
    type: 'string', format: 'pve-node', optional: true, placeholder: 'name', completion: 'context',
    description: 'Run on the host or hosts of this context of corral-contexts(5); `local` is this machine.',
  },
  help: {type: 'boolean', optional: true, description: 'Show what the command does and which options it takes.'},
} as const satisfies Params

/** The standard options of a command, without those that it defines itself. */
export function standardOptionsOf(spec: CommandSpec): Params {
  const changes = spec.dryRun ?? (spec.kind === 'change' || spec.kind === 'task')
  const {'dry-run': dryRun, async: runAsync, on, context, help} = ownOptions
  const all: Params = {
    ...formatOptions,
    ...(changes ? {'dry-run': dryRun} : {}),
    ...(spec.kind === 'task' ? {async: runAsync} : {}),
    ...(spec.runsOn === 'client' ? {} : {on, context}),
    help,
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => !Object.hasOwn(spec.params, name)))
}
